// Every way a medium can be damaged or forged, and that the file is named.
#include "install/payload.hpp"

#include "real_repo.hpp"

#include <nlohmann/json.hpp>

using namespace holdfast;
using namespace holdfast::test;

namespace {

struct Silent final : install::Report {
    void step(std::string_view) override {}
    void advance(std::uint64_t, std::uint64_t) override {}
};

// The folder /holdfast of a medium, as the composer writes it.
struct World {
    Scratch scratch;
    RealKey key{scratch / "key"};
    RealKey stranger{scratch / "stranger"};
    fs::path folder = scratch / "holdfast";
    fs::path system = folder / "system.squashfs";  // of which only its bytes count here
    std::string commit = std::string(64, 'c');

    World() {
        put(system, std::string(3 * mebibyte + 17, 's'));
        seal(key);
    }

    void seal(const RealKey& by) {
        put(folder / "medium.json", nlohmann::json{{"format", 1},
                                                   {"id", commit.substr(0, 32)},
                                                   {"name", "n"},
                                                   {"board", "b"},
                                                   {"profile", "p"},
                                                   {"runtime", "r"},
                                                   {"version", "1"},
                                                   {"commit", commit},
                                                   {"ref", "x"},
                                                   {"development", true}}
                                        .dump());
        need({"sh", "-c",
              "rm -f SHA256SUMS*; find . -type f -printf '%P\\n' | xargs sha256sum >../sums; mv ../sums SHA256SUMS"},
             {.directory = folder});
        by.gpg({"--armor", "--detach-sign", (folder / "SHA256SUMS").string()});
    }
    std::string verdict(const std::string& id = "") {
        Silent silent;
        const auto medium = install::verify_payload({folder, key.keyring(), id}, silent);
        return medium ? "good" : medium.error().what;
    }
    // What the verdict must say of a damaged file.
    std::string name(const fs::path& file) const { return "file " + file.lexically_relative(folder).string() + " "; }
};

void check(const std::string& verdict, const std::string& words) {
    BOOST_TEST(verdict.contains(words), verdict << " does not say: " << words);
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_whole_medium_is_good, World) {
    BOOST_TEST(verdict() == "good");
    BOOST_TEST(verdict(commit.substr(0, 32)) == "good");
    check(verdict(std::string(32, '0')), "the installer was started for");
}

BOOST_FIXTURE_TEST_CASE(one_changed_byte, World) {
    for (const fs::path& file : {system, folder / "medium.json"}) {
        const std::string before = good(read_whole(file));
        std::string bytes = before;
        bytes.at(bytes.size() / 2) ^= 1;
        put(file, bytes);
        check(verdict(), name(file) + "on the medium is not what was signed");
        put(file, before);
    }
    BOOST_TEST(verdict() == "good");
}

BOOST_FIXTURE_TEST_CASE(a_file_cut_short_missing_or_too_much, World) {
    const fs::path file = system;
    const std::string before = good(read_whole(file));
    put(file, before.substr(0, before.size() / 2));
    check(verdict(), name(file) + "on the medium is not what was signed (changed or cut short)");
    fs::remove(file);
    check(verdict(), name(file) + "on the medium is missing");
    fs::create_directories(file);
    check(verdict(), name(file) + "on the medium is not a plain file");
    fs::remove(file);
    put(file, before);
    put(folder / "extra/file", "more");
    check(verdict(), name(folder / "extra/file") + "on the medium is not in SHA256SUMS");
}

BOOST_FIXTURE_TEST_CASE(a_link_instead_of_a_file, World) {
    const fs::path file = system;
    fs::rename(file, scratch / "elsewhere");
    fs::create_symlink(scratch / "elsewhere", file);
    check(verdict(), name(file) + "on the medium is not a plain file");
}

BOOST_FIXTURE_TEST_CASE(the_list_itself, World) {
    const std::string list = good(read_whole(folder / "SHA256SUMS"));
    put(folder / "SHA256SUMS", list.substr(0, list.size() / 2));
    check(verdict(), "SHA256SUMS: ");
    fs::remove(folder / "SHA256SUMS");
    check(verdict(), "file SHA256SUMS on the medium is missing");
    put(folder / "SHA256SUMS", list);
    fs::remove(folder / "SHA256SUMS.asc");
    check(verdict(), "file SHA256SUMS.asc on the medium is missing");
    put(folder / "SHA256SUMS.asc", "");
    check(verdict(), "SHA256SUMS: ");
}

BOOST_FIXTURE_TEST_CASE(another_key_signed_the_list, World) {
    seal(stranger);
    check(verdict(), "SHA256SUMS: no valid signature by a key of the keyring");
}
