#include "places.hpp"

namespace holdfast {

std::filesystem::path source_folder() {
    return HOLDFAST_SOURCE;
}

std::filesystem::path build_folder() {
    return HOLDFAST_BUILD;
}

}  // namespace holdfast
