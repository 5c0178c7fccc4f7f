#include "base/json.hpp"

#include <algorithm>
#include <set>

namespace holdfast::json {

namespace {

constexpr int depth_limit = 32;

// nlohmann keeps the last of two equal keys; what a person meant with both nobody knows, so it is refused.
class Guard {
public:
    bool operator()(int depth, Json::parse_event_t event, Json& parsed) {
        using Event = Json::parse_event_t;
        if (depth > depth_limit) why_ = "nested deeper than 32";
        if (event == Event::object_start) keys_.emplace_back();
        if (event == Event::object_end && !keys_.empty()) keys_.pop_back();
        if (event == Event::key && !keys_.back().insert(parsed.get<std::string>()).second)
            why_ = "the key '" + parsed.get<std::string>() + "' twice";
        return true;
    }
    const std::string& why() const { return why_; }

private:
    std::vector<std::set<std::string>> keys_;
    std::string why_;
};

Result<const Json*> member(const Json& value, const char* key) {
    const auto found = value.is_object() ? value.find(key) : value.end();
    if (found == value.end()) return fail(Code::Corrupt, std::string(key) + ": is missing");
    return &*found;
}

}  // namespace

Result<Json> parse(std::string_view text, std::size_t limit) {
    if (text.size() > limit) return fail(Code::Corrupt, "more than " + std::to_string(limit) + " bytes");
    Guard guard;
    Json value = Json::parse(text, std::ref(guard), false);
    if (value.is_discarded()) return fail(Code::Corrupt, "not JSON");
    if (!guard.why().empty()) return fail(Code::Corrupt, guard.why());
    return value;
}

std::string write(const Json& value) {
    return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<> only(const Json& value, const std::vector<std::string_view>& known) {
    if (!value.is_object()) return fail(Code::Corrupt, "must be an object");
    for (const auto& [key, ignored] : value.items())
        if (!std::ranges::contains(known, std::string_view(key)))
            return fail(Code::Corrupt, "unknown key '" + key + "'");
    return {};
}

Result<std::string> text(const Json& value, const char* key, std::size_t limit) {
    const Json* found = TRY(member(value, key));
    if (!found->is_string()) return fail(Code::Corrupt, std::string(key) + ": must be a text");
    const auto& said = found->get_ref<const std::string&>();
    if (said.size() > limit) return fail(Code::Corrupt, std::string(key) + ": longer than " + std::to_string(limit));
    return said;
}

Result<bool> boolean(const Json& value, const char* key) {
    const Json* found = TRY(member(value, key));
    if (!found->is_boolean()) return fail(Code::Corrupt, std::string(key) + ": must be true or false");
    return found->get<bool>();
}

Result<double> number(const Json& value, const char* key) {
    const Json* found = TRY(member(value, key));
    if (!found->is_number()) return fail(Code::Corrupt, std::string(key) + ": must be a number");
    return found->get<double>();
}

}  // namespace holdfast::json
