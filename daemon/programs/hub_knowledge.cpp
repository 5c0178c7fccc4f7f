// holdfast hub …: what an authority knows and takes.
#include "base/file.hpp"
#include "base/little_endian.hpp"
#include "base/text.hpp"
#include "base/when.hpp"
#include "hub/authority.hpp"
#include "hub/digits.hpp"
#include "hub_verbs.hpp"

#include <algorithm>

namespace holdfast::hub_verbs {

namespace {

namespace fs = std::filesystem;

// The data of a variable behind its signed head: EFI_VARIABLE_AUTHENTICATION_2 is a time of 16 bytes and a
// WIN_CERTIFICATE that begins with its length (UEFI 2.10, section 8.2.2).
Result<std::string> variable_data(const fs::path& file) {
    constexpr std::size_t time_size = 16;
    const std::string bytes = TRY(read_whole(file, file_limit));
    const auto length = number<std::uint32_t>(bytes, time_size);
    if (!length || *length > bytes.size() - time_size)
        return fail(Code::Corrupt, file.string() + " is no signed firmware variable (.auth)");
    return bytes.substr(time_size + *length);
}

hub::Word word_of(const Arguments& a) {
    return {.who = a.by, .why = a.why, .at = now()};
}

// ---- releases -----------------------------------------------------------------------------------------------------

// Whether the image's own list of digests (as sha256sum writes it) has that file so. Who signed the list is looked at
// by 'holdfast-image verify'. False where there is no list.
Result<bool> is_listed(const fs::path& folder, const std::string& name, const std::string& bytes) {
    const auto list = TRY(read_if_there(folder / "SHA256SUMS", file_limit));
    if (!list) return false;
    if (std::ranges::contains(split(*list, '\n'), sha256_hex(bytes) + "  " + name)) return true;
    return fail(Code::Corrupt, (folder / name).string() +
                                   " is not the one that SHA256SUMS beside it tells; it was changed, or is damaged");
}

Result<int> add_release(const Arguments& a) {
    auto authority = TRY(hub::Authority::open(a.state));
    const fs::path folder = fs::absolute(a.file).lexically_normal();
    const std::string name = (folder.filename().empty() ? folder.parent_path() : folder).filename();
    if (!fs::exists(folder / (name + ".json")))
        return fail(Code::NotFound, a.file.string() + " is no folder of an image: there is no " + name +
                                        ".json in it; 'holdfast-image build' makes such folders, of this name: "
                                        "holdfast-BOARD-PROFILE-RUNTIME-VERSION");
    const std::string papers = TRY(read_whole(folder / (name + ".json"), file_limit));
    const Json facts = TRY(in(name + ".json", json::parse(papers, file_limit)));
    const std::string ref = TRY(in(name + ".json", json::text(facts, "ref", 256)));
    const std::string commit = TRY(in(name + ".json", json::text(facts, "commit", 64)));
    const std::string measured = TRY(read_whole(folder / (name + ".measurements.json"), file_limit));
    const std::string version = name.substr(name.rfind('-') + 1);
    const bool listed =
        TRY(is_listed(folder, name + ".json", papers)) && TRY(is_listed(folder, name + ".measurements.json", measured));
    TRY(in(name + ".measurements.json",
           authority.store().add_release(ref, version, commit, measured, word_of(a), a.bring_back)));
    const std::string digest = sha256_hex(measured);
    if (a.json)
        print({{"ref", ref}, {"version", version}, {"commit", commit}, {"measurements", digest}, {"listed", listed}});
    else
        std::printf("version %s of %s is known: commit %s, measurements %.16s%s\n", version.c_str(), ref.c_str(),
                    commit.c_str(), digest.c_str(),
                    listed ? "" : "; no SHA256SUMS lies beside them, so that nothing was compared");
    return 0;
}

Result<int> list_releases(const Arguments& a) {
    auto authority = TRY(hub::Authority::open(a.state));
    Json all = Json::array();
    for (const auto& release : TRY(authority.store().releases())) {
        all.push_back({{"ref", release.ref},
                       {"version", release.version},
                       {"commit", release.commit},
                       {"measurements", TRY(authority.store().measurements(release.commit))},
                       {"revoked", release.revoked}});
        if (!a.json)
            std::printf("%-12s %-40s %s  measurements %.16s%s\n", release.version.c_str(), release.ref.c_str(),
                        release.commit.c_str(), all.back().at("measurements").get<std::string>().c_str(),
                        release.revoked ? "  revoked" : "");
    }
    if (a.json) print({{"releases", all}});
    if (!a.json && all.empty())
        std::printf("no release is known yet; make one known with: %s\n", command(a, "release add IMAGE").c_str());
    return 0;
}

Result<int> revoke_release(const Arguments& a) {
    auto authority = TRY(hub::Authority::open(a.state));
    const auto all = TRY(authority.store().releases());
    const auto release =
        TRY(hub::one_of(a.what, all, &enroll::Reference::commit, "commit of a release", "holdfast hub release list"));
    const std::string& commit = release.commit;
    const bool news = TRY(authority.store().revoke_release(commit, word_of(a)));
    if (a.json)
        print({{"commit", commit}, {"news", news}});
    else
        std::printf("commit %s is revoked%s: no box that runs it is admitted any more\n", commit.c_str(),
                    news ? "" : " already");
    return 0;
}

// ---- keys ---------------------------------------------------------------------------------------------------------

// A certificate is called by its subject, other keys by what was said of them.
Result<std::string> title_of(const hub::Trusted& key) {
    if (key.kind == hub::Trust::Manufacturer) return identity::subject_of(key.what);
    return key.what;
}

Result<Json> as_json(const hub::Trusted& key) {
    return Json{{"kind", hub::text(key.kind)},
                {"digest", key.digest},
                {"title", TRY(title_of(key))},
                {"who", key.who},
                {"at", key.at}};
}

void tell(const Json& key, const std::string& more) {
    std::printf("%-12s  %s  %s%s\n", key.at("kind").get<std::string>().c_str(),
                key.at("digest").get<std::string>().c_str(), key.at("title").get<std::string>().c_str(), more.c_str());
}

Result<int> list_trusted(const Arguments& a) {
    auto authority = TRY(hub::Authority::open(a.state));
    Json all = Json::array();
    for (const auto& each : TRY(authority.store().trusted())) {
        all.push_back(TRY(as_json(each)));
        if (!a.json) tell(all.back(), each.who.empty() ? "" : ", by " + each.who + " on " + date(each.at));
    }
    if (a.json) print({{"trusted", all}});
    if (!a.json && all.empty())
        std::printf("no key is trusted yet; trust some with: %s\n",
                    command(a, "trust --keys FOLDER --by YOUR-NAME").c_str());
    return 0;
}

// All files are read before the first key is taken.
Result<std::vector<hub::Trusted>> wanted(const Arguments& a) {
    std::vector<hub::Trusted> all;
    if (!a.keys.empty() && !fs::exists(a.keys / "auth"))
        return fail(Code::NotFound, a.keys.string() +
                                        " is no key directory of images: there is no folder auth in it; "
                                        "'holdfast-image keys create' makes one");
    for (const char* variable : {"PK", "KEK", "db"}) {
        if (a.keys.empty()) break;
        const std::string data = TRY(variable_data(a.keys / "auth" / (std::string(variable) + ".auth")));
        all.push_back({hub::Trust::SecureBoot, sha256_hex(data), variable, a.by, now()});
    }
    if (!a.file.empty()) {
        const std::string pem = TRY(read_whole(a.file, file_limit));
        for (const auto& each : TRY(in(a.file.string(), identity::certificates_in(pem))))
            all.push_back({hub::Trust::Manufacturer, sha256_hex(each), each, a.by, now()});
    }
    if (!a.what.empty()) {
        const Digest digest = TRY(in("--endorsement", digest_of(a.what)));
        all.push_back({hub::Trust::Endorsement, hex(digest), a.note, a.by, now()});
    }
    return all;
}

Result<bool> take(hub::Store& store, const hub::Trusted& key, const hub::Word& word) {
    if (key.kind == hub::Trust::Manufacturer) return store.add_manufacturer(key.what, word);
    const Digest digest = TRY(digest_of(key.digest));
    if (key.kind == hub::Trust::SecureBoot) return store.add_secure_boot_key(key.what, digest, word);
    return store.allow_endorsement(digest, key.what, word);
}

Result<int> trust(const Arguments& a) {
    if (a.keys.empty() && a.file.empty() && a.what.empty()) return list_trusted(a);
    auto authority = TRY(hub::Authority::open(a.state));
    Json all = Json::array();
    for (const auto& key : TRY(wanted(a))) {
        const bool news = TRY(take(authority.store(), key, word_of(a)));
        all.push_back(TRY(as_json(key)));
        all.back()["news"] = news;
        if (!a.json) tell(all.back(), news ? "  is trusted" : "  was trusted already");
    }
    if (a.json) print({{"trusted", all}});
    return 0;
}

Result<int> distrust(const Arguments& a) {
    auto authority = TRY(hub::Authority::open(a.state));
    const auto all = TRY(authority.store().trusted());
    const auto key =
        TRY(hub::one_of(a.what, all, &hub::Trusted::digest, "key that is trusted", "holdfast hub trust list"));
    const Json told = TRY(as_json(key));
    TRY(authority.store().distrust(key, word_of(a)));
    if (a.json)
        print(told);
    else
        tell(told, "  is trusted no more; boxes that were admitted by it stay, until they ask again");
    return 0;
}

}  // namespace

void add_knowledge(CLI::App& app, Arguments& a, Verb& chosen) {
    auto* release = app.add_subcommand("release", "Releases that boxes may run")->require_subcommand(1);
    auto* know = add(*release, chosen, "add", "Know a release by its image's folder", add_release);
    know->add_option("image", a.file, "The folder that ./dev image made")->required();
    auto* person = know->add_option("--by", a.by, "Who you are: it is written down")->check(somebody());
    know->add_flag("--bring-back", a.bring_back, "Also one that was revoked")->needs(person);
    add(*release, chosen, "list", "The releases that are known", list_releases);
    auto* end = add(*release, chosen, "revoke", "Admit nobody that runs it", revoke_release);
    end->add_option("commit", a.what, "Its commit as 'list' tells it, or the first digits of that")->required();
    add_reason(end, a);
    add_person(end, a);
    auto* known = app.add_subcommand(
        "trust", "Know keys: of Secure Boot, of TPM manufacturers, of one TPM; with no option, tell which are known");
    auto* by = known->add_option("--by", a.by, "Who you are; needed to trust something")->check(somebody());
    known->add_option("--keys", a.keys, "Key directory of images: its Secure Boot keys are the owner's")->needs(by);
    known->add_option("--manufacturer", a.file, "PEM file with roots of TPM manufacturers")->needs(by);
    auto* one = known->add_option("--endorsement", a.what,
                                  "SHA-256 of one TPM's endorsement key, as 'show' and a refusal tell it");
    one->needs(by);
    known->add_option("--note", a.note, "Why that TPM is known")->needs(one)->check(CLI::Validator(wrong_words, ""));
    add(*known, chosen, "list", "The keys that are known", list_trusted);
    auto* forget = add(*known, chosen, "forget", "Know a key no more", distrust);
    forget->add_option("digest", a.what, "As 'list' tells it, or the first digits of that")->required();
    add_reason(forget, a);
    add_person(forget, a);
    // Also called after a verb below it.
    known->callback([known, &chosen] {
        if (known->get_subcommands().empty()) chosen = trust;
    });
}

}  // namespace holdfast::hub_verbs
