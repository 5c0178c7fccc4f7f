#include "base/file.hpp"
#include "base/process.hpp"
#include "base/scratch.hpp"
#include "base/text.hpp"
#include "content/facts.hpp"
#include "content/sysroot.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace holdfast::content {

namespace {

namespace fs = std::filesystem;

Result<> readable_keyring(const fs::path& keyring) {
    const std::string bytes = TRY(in("keyring", read_whole(keyring, mebibyte)));
    if (bytes.empty()) return fail(Code::Denied, "keyring " + keyring.string() + " is empty");
    if (bytes.starts_with("-----BEGIN"))
        return fail(Code::Denied, "keyring " + keyring.string() +
                                      " is ASCII-armoured, which gpgv cannot read; export it binary "
                                      "(gpg --export without --armor)");
    return {};
}

// What a line of gpgv's status says against a signature. Grammar: GnuPG's doc/DETAILS, "Format of the --status-fd
// output".
struct Complaint {
    std::string_view status, words;
};
constexpr std::array complaints{
    Complaint{"BADSIG", "the bytes are not the ones that were signed with key "},
    Complaint{"REVKEYSIG", "it is signed with a revoked key: "},
    Complaint{"EXPKEYSIG", "it is signed with a key that has expired: "},
    Complaint{"EXPSIG", "the signature has expired: "},
    Complaint{"ERRSIG", "it is signed with a key that is not in the keyring: "},
};

struct Heard {
    bool valid = false;                    // one good signature by a key of the keyring
    std::optional<std::string> complaint;  // about another
};

Heard listen(const std::string& status, const std::vector<std::string>& revoked) {
    Heard heard;
    bool good = false;
    for (const auto& line : split(status, '\n')) {
        const auto words = split(line, ' ');
        if (words.size() < 3 || words[0] != "[GNUPG:]") continue;
        if (words[1] == "NEWSIG") good = false;
        if (words[1] == "GOODSIG") good = true;
        if (words[1] == "VALIDSIG" && good) {
            // The signing key first, the key that it belongs to last.
            const bool gone = std::ranges::contains(revoked, words[2]) || std::ranges::contains(revoked, words.back());
            if (gone) heard.complaint = "it is signed with a key that a later release revoked: " + words.back();
            heard.valid = heard.valid || !gone;
        }
        const auto found = std::ranges::find(complaints, words[1], &Complaint::status);
        if (found != complaints.end()) heard.complaint = std::string(found->words) + words[2];
        // Bytes that one of the signers did not sign are not to be used, whoever else signed them.
        if (words[1] == "BADSIG") return {false, heard.complaint};
    }
    return heard;
}

}  // namespace

// gpgv judges with the keyring alone: no key of this computer, no trust database, no agent. Its clock must not matter,
// since a box may wake in 1970: a signature "from the future" is as good as its key (--ignore-time-conflict).
Result<> verify_detached(std::string_view bytes, std::string_view signature, const Trust& trust) {
    TRY(readable_keyring(trust.keyring));
    const Scratch scratch = TRY(Scratch::make("signature"));
    TRY(write_whole(scratch.path() / "signature", signature));
    const auto done =
        TRY(in("gpgv", run({"gpgv", "--quiet", "--ignore-time-conflict", "--status-fd", "1", "--keyring",
                            fs::absolute(trust.keyring).string(), (scratch.path() / "signature").string(), "-"},
                           {.input = std::string(bytes)})));
    const Heard heard = listen(done.output, trust.revoked);
    if (heard.valid) return {};
    return fail(Code::Denied, "no valid signature by a key of the keyring " + trust.keyring.string() + ": " +
                                  heard.complaint.value_or("it is no OpenPGP signature"));
}

Result<> verify_commit(const fs::path& repo, const std::string& commit, const Trust& trust) {
    const std::string object = TRY(commit_object(repo, commit));
    const std::string metadata = TRY(detached_metadata(repo, commit));
    return in("commit " + commit, verify_object(object, metadata, trust));
}

Result<std::vector<std::string>> revoked_in(const fs::path& keyring) {
    const Scratch home = TRY(Scratch::make("gnupg"));
    const std::string listed = TRY(run_or_fail({"gpg", "--homedir", home.path().string(), "--batch", "--quiet",
                                                "--with-colons", "--show-keys", fs::absolute(keyring).string()}));
    // GnuPG's doc/DETAILS, "Format of the colon listings": field 2 of "pub" is the validity, field 10 of "fpr" the
    // fingerprint of the key before it.
    std::vector<std::string> revoked;
    bool gone = false;
    for (const auto& line : split(listed, '\n')) {
        const auto fields = split(line, ':');
        if (fields[0] == "pub" || fields[0] == "sub") gone = fields.size() > 1 && fields[1] == "r";
        if (gone && fields[0] == "fpr" && fields.size() > 9) revoked.push_back(fields[9]);
    }
    return revoked;
}

}  // namespace holdfast::content
