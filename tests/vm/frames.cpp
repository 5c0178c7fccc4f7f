#include "vm/frames.hpp"

namespace holdfast::vm {

Result<> Frames::feed(std::string_view bytes) {
    held_ += bytes;
    const auto last_end = held_.rfind('\n');
    const std::size_t unfinished = last_end == std::string::npos ? held_.size() : held_.size() - last_end - 1;
    if (unfinished > limit_ || held_.size() > 4 * limit_)
        return fail(Code::Corrupt, "a message of more than " + std::to_string(limit_) + " bytes");
    return {};
}

std::optional<std::string> Frames::next() {
    for (auto end = held_.find('\n'); end != std::string::npos; end = held_.find('\n')) {
        std::string frame = held_.substr(0, end);
        held_.erase(0, end + 1);
        if (const auto mark = frame.rfind('\xff'); mark != std::string::npos) frame.erase(0, mark + 1);
        if (frame.ends_with('\r')) frame.pop_back();
        if (!frame.empty()) return frame;
    }
    return std::nullopt;
}

}  // namespace holdfast::vm
