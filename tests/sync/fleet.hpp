// Boxes with software TPMs and an authority, each with stores of its own and a place on a wire; and what they do.
#pragma once

#include "base/file.hpp"
#include "base/process.hpp"
#include "enroll/box_files.hpp"
#include "enroll/kept_fixture.hpp"
#include "enroll/small_hub.hpp"
#include "places.hpp"

#include <boost/test/unit_test.hpp>
#include <csignal>
#include <ctime>
#include <map>

namespace holdfast::test {

inline std::string program_path(const std::string& which) {
    return (build_folder() / "daemon/programs" / ("holdfast-" + which)).string();
}

inline std::string done_well(const Finished& done) {
    BOOST_REQUIRE_MESSAGE(done.exit == 0, done.output + done.errors);
    return done.output;
}

// A computer with a clock of its own, whose programs run where `inside` puts them.
struct Computer {
    std::vector<std::string> inside;
    std::int64_t ahead = 0;  // seconds that its clock is ahead of ours

    Finished run_there(Arguments words, std::chrono::milliseconds limit = std::chrono::seconds(60)) const {
        words.insert(words.begin(), inside.begin(), inside.end());
        return good(run(words, {.environment = clock(), .directory = {}, .time_limit = limit}));
    }
    Child start(Arguments words, const std::filesystem::path& log) const {
        Arguments all = inside;
        all.emplace_back("env");
        for (const auto& each : clock()) all.push_back(each);
        all.insert(all.end(), words.begin(), words.end());
        return good(Child::spawn(all, {}, log));
    }

private:
    std::vector<std::string> clock() const {
        if (ahead == 0) return {};
        return {"LD_PRELOAD=/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1", "FAKETIME=" + offset(),
                "FAKETIME_DONT_FAKE_MONOTONIC=1", "FAKETIME_NO_CACHE=1"};
    }
    std::string offset() const { return (ahead > 0 ? "+" : "") + std::to_string(ahead); }
};

class FleetBox : public Computer {
public:
    FleetBox(const std::filesystem::path& folder, const std::string& name, const std::filesystem::path& hub,
             const std::string& fingerprint, const std::string& settings)
        : name_(name), root_(folder / name) {
        put_files(box_, root_);
        good(make_directories(root_ / "var/lib/holdfast"));
        put(root_ / "etc/holdfast/identity.yaml", "authority: true\n");
        put(root_ / "etc/holdfast/sync.yaml", settings);
        const auto request = folder / (name + ".request"), answer = folder / (name + ".answer");
        done_well(with_tpm("enroll", {"request", "--site", "north", "--name", name, "--out", request.string()}));
        auto authority = good(hub::Authority::open(hub));
        put(answer, good(authority.admit(good(read_whole(request)), {.name = "ada"}, std::time(nullptr))).answer);
        done_well(with_tpm("enroll", {"import", answer.string(), "--authority", fingerprint}));
    }
    const std::string& name() const { return name_; }
    const std::filesystem::path& root() const { return root_; }
    Arguments command(const std::string& which, Arguments words, bool tpm) const {
        words.insert(words.begin(), program_path(which));
        words.insert(words.end(), {"--root", root_.string()});
        if (tpm) words.insert(words.end(), {"--tpm", box_.tpm.tcti()});
        return words;
    }
    Finished with_tpm(const std::string& which, const Arguments& words,
                      std::chrono::milliseconds limit = std::chrono::seconds(60)) const {
        return run_there(command(which, words, true), limit);
    }
    Finished without(const std::string& which, const Arguments& words) const {
        return run_there(command(which, words, false));
    }

private:
    std::string name_;
    std::filesystem::path root_;
    MeasuredBox box_;
};

}  // namespace holdfast::test
