// holdfast hub …: what an authority knows and takes.
#include "base/file.hpp"
#include "base/little_endian.hpp"
#include "hub/authority.hpp"
#include "hub_verbs.hpp"

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

Result<int> add_release(const Arguments& a) {
    auto authority = TRY(hub::Authority::open(a.state));
    const std::string name = fs::absolute(a.file).lexically_normal().filename().string();
    const std::string papers = TRY(read_whole(a.file / (name + ".json"), file_limit));
    const Json facts = TRY(in(name + ".json", json::parse(papers, file_limit)));
    const std::string ref = TRY(json::text(facts, "ref", 256)), commit = TRY(json::text(facts, "commit", 64));
    const std::string measured = TRY(read_whole(a.file / (name + ".measurements.json"), file_limit));
    const std::string version = name.substr(name.rfind('-') + 1);
    TRY(authority.store().add_release(ref, version, commit, measured));
    std::printf("version %s of %s (commit %.12s) is known\n", version.c_str(), ref.c_str(), commit.c_str());
    return 0;
}

Result<int> list_releases(const Arguments& a) {
    auto authority = TRY(hub::Authority::open(a.state));
    Json all = Json::array();
    for (const auto& release : TRY(authority.store().releases())) {
        all.push_back({{"ref", release.ref},
                       {"version", release.version},
                       {"commit", release.commit},
                       {"revoked", release.revoked}});
        if (!a.json)
            std::printf("%-12s %-40s %s%s\n", release.version.c_str(), release.ref.c_str(), release.commit.c_str(),
                        release.revoked ? "  revoked" : "");
    }
    if (a.json) print({{"releases", all}});
    if (!a.json && all.empty())
        std::puts("no release is known yet; make one known with: holdfast hub release add IMAGE");
    return 0;
}

Result<int> revoke_release(const Arguments& a) {
    auto authority = TRY(hub::Authority::open(a.state));
    TRY(authority.store().revoke_release(a.what));
    std::printf("commit %.12s is revoked: no box that runs it is admitted any more\n", a.what.c_str());
    return 0;
}

Result<int> trust(const Arguments& a) {
    auto authority = TRY(hub::Authority::open(a.state));
    for (const char* variable : {"PK", "KEK", "db"}) {
        if (a.keys.empty()) break;
        const std::string data = TRY(variable_data(a.keys / "auth" / (std::string(variable) + ".auth")));
        TRY(authority.store().add_secure_boot_key(variable, sha256(data)));
    }
    if (!a.file.empty()) {
        const std::string pem = TRY(read_whole(a.file, file_limit));
        for (const auto& each : TRY(in(a.file.string(), identity::certificates_in(pem))))
            TRY(authority.store().add_manufacturer(each));
    }
    if (!a.what.empty()) {
        const Digest digest = TRY(in("--endorsement", digest_of(a.what)));
        TRY(authority.store().allow_endorsement(digest, a.note));
    }
    return 0;
}

}  // namespace

void add_knowledge(CLI::App& app, Arguments& a, Verb& chosen) {
    auto* release = app.add_subcommand("release", "Releases that boxes may run")->require_subcommand(1);
    add(*release, chosen, "add", "Know a release by its image's folder", add_release)
        ->add_option("image", a.file, "The folder that ./dev image made")
        ->required();
    add(*release, chosen, "list", "The releases that are known", list_releases);
    add(*release, chosen, "revoke", "Admit nobody that runs it", revoke_release)
        ->add_option("commit", a.what, "Its commit")
        ->required();
    auto* known = add(app, chosen, "trust", "Know keys: of Secure Boot, of TPM manufacturers, of one TPM", trust);
    known->add_option("--keys", a.keys, "Key directory of images: its Secure Boot keys are the owner's");
    known->add_option("--manufacturer", a.file, "PEM file with roots of TPM manufacturers");
    known->add_option("--endorsement", a.what, "SHA-256 of one TPM's endorsement key, as 'show' and a refusal tell it");
    known->add_option("--note", a.note, "Why that TPM is known");
}

}  // namespace holdfast::hub_verbs
