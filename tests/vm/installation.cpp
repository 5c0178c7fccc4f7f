#include "vm/installation.hpp"

#include "base/file.hpp"
#include "base/process.hpp"
#include "vm/disk.hpp"

#include <algorithm>
#include <format>

namespace holdfast::vm {

namespace fs = std::filesystem;

Result<Ended> wait_for_installer(Machine& machine, Deadline deadline) {
    using enum Ended::How;
    constexpr std::string_view opening = "holdfast-install: ";
    const auto found = TRY(machine.wait_for_line(
        {"holdfast-install: done", "holdfast-install: refused: ", "holdfast-install: failed: "}, deadline));
    constexpr std::array how{Done, Refused, Failed};
    const auto begin = found.line.text.find(opening) + opening.size();
    return Ended{how[found.which], found.line.text.substr(begin), found.line.seconds};
}

std::vector<std::string> passed_over(const Machine& machine, std::size_t from) {
    constexpr std::string_view opening = "holdfast-install: not on ";
    std::vector<std::string> lines;
    const auto& console = machine.console();
    for (std::size_t i = std::max(from, console.first()); i < console.end(); ++i)
        if (const auto at = console.at(i).text.find(opening); at != std::string::npos)
            lines.push_back(console.at(i).text.substr(at + opening.size()));
    return lines;
}

std::string answers_for(const std::string& serial) {
    return "disk:\n  serial: " + serial + "\nafter: poweroff\non-refusal: poweroff\n";
}

Result<> customize(const fs::path& program, const fs::path& iso, const std::string& answers, const fs::path& into) {
    const fs::path file = into.string() + ".install.yaml";
    TRY(write_whole(file, answers));
    TRY(run_or_fail(
        {program.string(), "customize", iso.string(), "--answers", file.string(), "--output", into.string()}));
    return {};
}

Result<> put_on_stick(const fs::path& stick, const std::string& answers) {
    const fs::path file = stick.string() + ".install.yaml";
    TRY(write_whole(file, answers));
    const auto fat = TRY(partition(stick, "EFI boot partition"));
    TRY(run_or_fail(
        {"mcopy", "-i", std::format("{}@@{}", stick.string(), fat.begin), file.string(), "::/install.yaml"}));
    return {};
}

}  // namespace holdfast::vm
