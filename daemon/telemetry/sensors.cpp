// Temperatures: the kernel's thermal zones, and the chips of hwmon. Both say thousandths of a degree.
#include "telemetry/host.hpp"
#include "telemetry/kernel_words.hpp"

#include <algorithm>
#include <set>

namespace holdfast::telemetry {

namespace {

namespace fs = std::filesystem;

constexpr double thousand = 1000, coldest = -273.15, hottest = 1000;

std::string line_of(const fs::path& file) {
    const auto lines = lines_of(file);
    return lines.empty() ? std::string() : valid_utf8(trim(lines.front()));
}

// Sorted, so that two sensors of one name keep theirs from sample to sample.
std::vector<fs::path> entries(const fs::path& folder, std::string_view beginning, std::string_view ending = "") {
    std::vector<fs::path> all;
    std::error_code none;
    for (const auto& each : fs::directory_iterator(folder, none)) {
        const auto name = each.path().filename().string();
        if (name.starts_with(beginning) && name.ends_with(ending)) all.push_back(each.path());
    }
    std::ranges::sort(all);
    return all;
}

class Sensors {
public:
    explicit Sensors(Samples& into) : into_(into) {}
    // A sensor that is not connected says something that nothing on a box can have.
    void add(const fs::path& file, std::string name) {
        const auto degrees = number_in(line_of(file));
        if (!degrees || *degrees / thousand < coldest || *degrees / thousand > hottest) return;
        const auto first = name;
        for (int i = 2; !names_.insert(name).second; ++i) name = first + "-" + std::to_string(i);
        into_.push_back({{"holdfast_host_temperature_celsius", {{"sensor", name}}}, *degrees / thousand});
    }

private:
    Samples& into_;
    std::set<std::string> names_;
};

}  // namespace

void add_temperatures(const fs::path& root, Samples& into) {
    Sensors sensors(into);
    for (const auto& zone : entries(root / "sys/class/thermal", "thermal_zone")) {
        const auto type = line_of(zone / "type");
        sensors.add(zone / "temp", type.empty() ? zone.filename().string() : type);
    }
    for (const auto& chip : entries(root / "sys/class/hwmon", "hwmon"))
        for (const auto& input : entries(chip, "temp", "_input")) {
            const auto file = input.filename().string();
            const auto number = file.substr(0, file.find('_'));
            const auto label = line_of(chip / (number + "_label")), name = line_of(chip / "name");
            sensors.add(input,
                        (name.empty() ? chip.filename().string() : name) + ":" + (label.empty() ? number : label));
        }
}

}  // namespace holdfast::telemetry
