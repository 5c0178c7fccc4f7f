// The daemon: observes the box once, publishes it on D-Bus, and looks again when a health report comes or an update
// goes on. It changes nothing itself; requests for updates go to the desk.
#include "agent/status.hpp"
#include "agent/update_desk.hpp"
#include "api/box1.hpp"
#include "api/update1.hpp"
#include "audit/entry.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "enroll/member.hpp"
#include "enroll/trust.hpp"
#include "storage/state.hpp"
#include "update/journal.hpp"

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <string>
#include <string_view>

namespace {

using namespace holdfast;

std::vector<api::Check> checks_of(const agent::Status& status) {
    std::vector<api::Check> checks;
    checks.reserve(status.health.checks.size());
    for (const auto& each : status.health.checks)
        checks.push_back(
            {each.name, std::string(text(each.kind)), std::string(text(each.answer)), each.last_words, each.seconds});
    return checks;
}

// D-Bus carries valid UTF-8 only, and one bad byte in a path would otherwise cost the whole answer.
std::string explain(const agent::Status& status) {
    return valid_utf8(agent::explanation(status));
}

api::Identity identity_at(const std::string& root) {
    const auto box = enroll::member(root, std::time(nullptr));
    return {box.id, box.standing, valid_utf8(box.reason), box.term, box.until};
}

api::Storage storage_at(const std::string& root) {
    const auto [state, words] = storage::state(root);
    return {state, words};
}

api::Facts facts_of(const agent::Status& status, const std::string& root) {
    api::Facts facts;
    if (status.release) {
        facts.board = status.release->board;
        facts.profile = status.release->profile;
        facts.runtime = status.release->runtime;
        facts.version = status.release->version;
        facts.options = status.release->options;
        facts.development = status.release->stage == agent::Stage::Development;
    }
    if (status.commit) facts.commit = *status.commit;
    if (status.slot) facts.slot = boot::letter(*status.slot);
    facts.secure_boot = boot::text(status.secure_boot);
    facts.verdict = health::text(status.health.verdict);
    facts.explanation = explain(status);
    facts.checks = checks_of(status);
    const auto trust = enroll::read_trust(root);
    facts.trust = text(trust.standing);
    facts.trust_reason = valid_utf8(trust.reason);
    facts.tries_left = [root, slot = status.slot] { return agent::tries_left(root, slot); };
    facts.tpm = [root] { return std::string(boot::text(boot::tpm(root))); };
    facts.identity = [root] { return identity_at(root); };
    facts.storage = [root] { return storage_at(root); };
    return facts;
}

api::UpdateFacts update_facts(const std::filesystem::path& root) {
    api::UpdateFacts facts{.work = agent::listen(root),
                           .waiting = [root] { return agent::waiting(root).value_or(agent::Request{}).id; }};
    const auto journal = update::read_journal(root);
    if (!journal || !journal->current()) return facts;
    const auto& attempt = *journal->current();
    facts.state = update::text(attempt.state);
    facts.version = valid_utf8(attempt.version);
    facts.commit = attempt.commit;
    facts.slot = attempt.slot ? std::string(1, attempt.slot) : "";
    facts.cause = valid_utf8(attempt.cause);
    return facts;
}

Result<std::uint64_t> take_in(const std::filesystem::path& root, const std::string& verb,
                              const std::map<std::string, std::string>& options, const audit::Who& who) {
    agent::Request request{.verb = verb, .who = who};
    // An id that no earlier request of this start has; ids of another start are gone with its /run.
    timespec now{};
    ::clock_gettime(CLOCK_BOOTTIME, &now);
    request.id = static_cast<std::uint64_t>(now.tv_sec) * 1'000'000 + static_cast<std::uint64_t>(now.tv_nsec) / 1000;
    for (const auto& [key, value] : options) {
        if (key == "source")
            request.source = value;
        else if (key == "downgrade-to")
            request.downgrade_to = value;
        else if (key == "commit")
            request.commit = value;
        else if (key == "why")
            request.why = value;
        else if (key == "keep-data")
            request.keep_data = value == "yes";
        else if (key == "now")
            request.now = value == "yes";
        else
            return fail(Code::Corrupt, "there is no option '" + key + "' for updates");
    }
    // Here already, so that whoever does not wait for the end hears it.
    if (std::ranges::contains(agent::deeds, verb)) {
        const auto settings = TRY(audit::load_settings(root));
        TRY(audit::check_reason(settings, "update." + verb, request.why, who));
    }
    TRY(agent::hand_in(root, request));
    return request.id;
}

Result<std::string> history(const std::filesystem::path& root) {
    auto text = read_whole(update::journal_file(root));
    if (!text && text.error().code == Code::NotFound) return update::write_journal({});
    return text;
}

Result<> serve(const std::string& root) {
    auto loop = TRY(api::Loop::open());
    auto bus = TRY(api::Bus::open(loop));
    agent::Status status = agent::observe(root);
    for (const auto& gap : status.gaps) std::fprintf(stderr, "<4>%s, reporting it as unknown\n", gap.c_str());
    auto box = TRY(api::Box1::publish(bus, facts_of(status, root)));
    auto updates =
        TRY(api::Update1::publish(bus, update_facts(root),
                                  {.request = [root](const std::string& verb, const auto& options,
                                                     const auto& who) { return take_in(root, verb, options, who); },
                                   .history = [root] { return history(root); }}));
    TRY(bus.take_name());
    const auto look_again = [&] {
        agent::observe_health(status, root);
        const std::string verdict(health::text(status.health.verdict));
        std::fprintf(stderr, "<6>health: %s: %s\n", verdict.c_str(), explain(status).c_str());
        if (auto told = box.update_health(verdict, explain(status), checks_of(status)); !told)
            std::fprintf(stderr, "<4>%s, ignoring\n", told.error().what.c_str());
    };
    const auto report = std::filesystem::path(root) / health::report_directory / health::report_name;
    TRY(loop.watch(report, look_again));
    const auto look_at_update = [&] {
        if (auto told = updates.update(update_facts(root)); !told)
            std::fprintf(stderr, "<4>%s, ignoring\n", told.error().what.c_str());
    };
    const auto look_at_trust = [&] {
        const auto trust = enroll::read_trust(root);
        std::fprintf(stderr, "<%d>trust: %s: %s\n", trust.standing == enroll::Standing::Untrusted ? 3 : 6,
                     std::string(text(trust.standing)).c_str(), valid_utf8(trust.reason).c_str());
        if (auto told = box.update_trust(std::string(text(trust.standing)), valid_utf8(trust.reason)); !told)
            std::fprintf(stderr, "<4>%s, ignoring\n", told.error().what.c_str());
    };
    for (const auto* folder : {update::journal_folder, agent::desk_folder, enroll::trust_folder})
        TRY(make_directories(std::filesystem::path(root) / folder));
    TRY(loop.watch(update::journal_file(root), look_at_update));
    TRY(loop.watch(std::filesystem::path(root) / agent::desk_folder / "progress.json", look_at_update));
    TRY(loop.watch(enroll::trust_file(root), look_at_trust));
    // One that came between the first look and the watch.
    if (status.health.verdict == health::Verdict::Unknown && std::filesystem::exists(report)) look_again();
    return loop.run();
}

}  // namespace

int main(int argc, char** argv) {
    const std::string_view option = argc > 1 ? argv[1] : "";
    if (option == "--version") return std::puts("holdfastd " HOLDFAST_VERSION) < 0;
    if (!option.empty() && !(option == "--root" && argc == 3)) {
        std::fputs("usage: holdfastd [--root DIRECTORY | --version]\n", stderr);
        return 64;  // EX_USAGE
    }
    const auto served = serve(argc == 3 ? argv[2] : "/");
    if (served) return 0;
    std::fprintf(stderr, "<3>holdfastd: %s\n", served.error().what.c_str());
    return exit_code(served.error().code);
}
