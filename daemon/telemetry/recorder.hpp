// From samples and messages to what is recorded: one window after the other.
#pragma once

#include "feed/store.hpp"
#include "telemetry/record.hpp"
#include "telemetry/settings.hpp"

#include <vector>

namespace holdfast::telemetry {

class Recorder {
public:
    Recorder(const Settings& settings, Moment now);

    void add(const Samples& samples) { window_.add(samples); }
    void add(const Entry& entry) { patterns_.add(entry); }
    const Window::Result& sofar() const { return window_.sofar(); }
    const std::map<int, std::uint64_t>& messages() const { return patterns_.totals(); }

    // Whether a window is over; one that a sample comes into a little late is over with that sample.
    bool over(Moment now) const;
    // The window as records, none where nothing was measured; the next one begins.
    enum class Ending { Over, Early };
    std::vector<feed::Draft> finish(Moment now, Ending ending);
    // What was finished last has not become durable.
    void lost() { told_.forget(); }

private:
    std::int64_t window_length_, sample_length_;
    Moment began_;
    Window window_;
    Told told_;
    Patterns patterns_;
};

}  // namespace holdfast::telemetry
