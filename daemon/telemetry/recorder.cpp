#include "telemetry/recorder.hpp"

namespace holdfast::telemetry {

namespace {

constexpr std::int64_t second = 1000, hour = 3600 * second;

// They are of the moment, and would move in every window.
bool is_recorded(const Series& series) {
    return series.name != "holdfast_telemetry_sample_timestamp_seconds";
}

}  // namespace

Recorder::Recorder(const Settings& settings, Moment now)
    : window_length_(settings.window_seconds * second),
      sample_length_(settings.sample_seconds * second),
      began_(now),
      window_(static_cast<std::size_t>(settings.series)),
      told_(settings.deadbands, settings.whole_hours * hour),
      patterns_({static_cast<std::size_t>(settings.patterns), static_cast<std::size_t>(settings.example_bytes),
                 settings.priority}) {}

bool Recorder::over(Moment now) const {
    return now.running - began_.running + sample_length_ / 2 >= window_length_;
}

std::vector<feed::Draft> Recorder::finish(Moment now, Ending ending) {
    const Span span{.from = began_.wall, .until = now.wall, .ended = ending == Ending::Over};
    began_ = now;
    auto window = window_.finish();
    std::erase_if(window.series, [](const auto& each) { return !is_recorded(each.first); });
    auto news = told_.news(window.series, now.running);
    std::vector<feed::Draft> all;
    if (window.samples > 0) {
        const WindowRecord record{span,
                                  news.whole,
                                  window.samples,
                                  news.still,
                                  window.left_out,
                                  window.examples,
                                  std::move(news.series),
                                  std::move(news.gone)};
        for (auto& payload : write_window(record)) all.push_back({window_type, std::move(payload)});
    }
    auto messages = patterns_.finish();
    if (!messages.patterns.empty() || !messages.others.empty())
        for (auto& payload : write_logs({span, std::move(messages.patterns), std::move(messages.others)}))
            all.push_back({logs_type, std::move(payload)});
    return all;
}

}  // namespace holdfast::telemetry
