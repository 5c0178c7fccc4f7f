// catalog-info.yaml files and filters come from anybody: read or refused with words, and what is read can be found.
#include "base/yaml_documents.hpp"
#include "catalog/fields.hpp"
#include "catalog/predicate.hpp"
#include "catalog/query.hpp"
#include "catalog/search.hpp"
#include "catalog/validate.hpp"

using namespace holdfast;
using namespace holdfast::catalog;

namespace {

void look_at(const Json& document) {
    static_cast<void>(objections(document));
    static_cast<void>(links(document));
    static_cast<void>(words(document));
    static_cast<void>(filters_of(document));
    for (const auto& each : terms(document))
        if (each.key.size() > key_limit || (each.value && each.value->size() > catalog::value_limit)) __builtin_trap();
    if (!document.is_object()) return;
    const auto again = document_of(fields_of(document));
    if (!again) __builtin_trap();
    // What was written is read as it was.
    const auto written = yaml::documents(yaml::write(document), "again");
    if (!written) __builtin_trap();
    if (!document.empty() && (written->size() != 1 || written->front().value != document)) __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    static_cast<void>(parse_filter(text));
    const auto all = yaml::documents(text, "file");
    if (!all) return 0;
    for (const auto& each : *all) look_at(each.value);
    return 0;
}
