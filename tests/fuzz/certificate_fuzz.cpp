// Certificates come from peers, manufacturers and answers, in DER and in PEM.
#include "identity/certificate.hpp"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    using namespace holdfast::identity;
    const std::string bytes(reinterpret_cast<const char*>(data), size);
    const auto look = [](const std::string& der) {
        if (const auto facts = facts_of(der)) static_cast<void>(SpiffeId::parse(facts->uri));
        static_cast<void>(key_of(der));
        static_cast<void>(box_of_authority(der));
        // As its own root, so that all of a chain's checks are reached.
        static_cast<void>(check_chain(der, {der}, {der}, 0));
    };
    look(bytes);
    if (const auto all = certificates_in(bytes))
        for (const auto& each : *all) look(each);
    return 0;
}
