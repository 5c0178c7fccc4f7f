// Requests come from computers that nobody knows, answers from whoever held the stick.
#include "enroll/answer.hpp"
#include "enroll/decision.hpp"
#include "enroll/request.hpp"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    using namespace holdfast::enroll;
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    if (const auto request = parse_request(bytes)) {
        if (parse_request(write_request(*request)).value().name != request->name) __builtin_trap();
        static_cast<void>(decide(*request, {}));
    }
    if (const auto evidence = parse_evidence(bytes)) {
        if (parse_evidence(write_request(*evidence)).value().time != evidence->time) __builtin_trap();
        static_cast<void>(attest(*evidence, {}));
        static_cast<void>(secure_boot_keys(*evidence));
    }
    if (const auto answer = parse_answer(bytes)) static_cast<void>(open_answer(*answer, std::string(32, 'k')));
    return 0;
}
