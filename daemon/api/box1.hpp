// The D-Bus service org.holdfast.Box1; the contract is org.holdfast.Box1.xml beside this file.
#pragma once

#include "api/bus.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace holdfast::api {

// What the properties say, in the words of the contract.
struct Check {
    std::string name, kind, answer, last_words;
    double seconds = 0;
};
struct Identity {
    std::string id, standing = "unknown", reason, term;
    std::int64_t until = 0;
};
struct Storage {
    std::string state = "unknown", reason;
};
struct Facts {
    std::string board = "unknown", profile = "unknown", runtime = "unknown", version = "unknown", commit = "unknown";
    std::string slot = "unknown", secure_boot = "unknown";
    std::vector<std::string> options;
    bool development = false;
    std::string verdict = "unknown", explanation;
    std::string trust = "unknown", trust_reason;
    std::vector<Check> checks;
    std::function<std::int32_t()> tries_left;  // asked at each call, as all below
    std::function<std::string()> tpm;
    std::function<Identity()> identity;
    std::function<Storage()> storage;
};

class Box1 {
public:
    static Result<Box1> publish(const Bus& bus, Facts facts);
    Box1(Box1&&) noexcept;
    Box1& operator=(Box1&&) noexcept;
    ~Box1();

    // New verdict, explanation and checks; announces them with PropertiesChanged.
    Result<> update_health(std::string verdict, std::string explanation, std::vector<Check> checks);
    Result<> update_trust(std::string trust, std::string reason);

private:
    struct Parts;
    explicit Box1(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

}  // namespace holdfast::api
