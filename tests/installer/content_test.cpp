// The content room against libostree's own program, real signatures and a real full disk.
#include "content/sysroot.hpp"
#include "real_repo.hpp"

#include <sys/mount.h>

using namespace holdfast;
using namespace holdfast::test;

namespace {

struct World {
    Scratch scratch;
    RealKey key{scratch / "key"};
    RealRepo repo{scratch / "repo", key};
    fs::path sysroot = scratch / "sysroot";
    std::string first = commit("1");

    std::string commit(const std::string& version, bool sign = true) {
        make_tree(scratch / ("tree" + version), version);
        return repo.commit(scratch / ("tree" + version), sign);
    }
    Result<std::string> pull(const std::string& what) {
        return content::pull({repo.path(), what, key.keyring()}, sysroot);
    }
    std::string link(char slot) const { return fs::read_symlink(sysroot / "ostree" / (std::string("root.") + slot)); }
    std::string ostree(Arguments more) const {
        Arguments command{"ostree", "--repo=" + (sysroot / "ostree/repo").string()};
        command.insert(command.end(), more.begin(), more.end());
        return need(command);
    }
    // The largest content object, which is certainly a regular file.
    fs::path object() const {
        fs::path largest;
        for (const auto& each : fs::recursive_directory_iterator(repo.path() / "objects"))
            if (each.path().extension() == ".filez" && (largest.empty() || each.file_size() > fs::file_size(largest)))
                largest = each.path();
        return largest;
    }
};

std::string error_of(const auto& result) {
    return result ? std::string("no error") : result.error().what;
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_commit_is_pulled_deployed_and_replaced_slot_by_slot, World) {
    good(content::init_sysroot(sysroot));
    good(content::init_sysroot(sysroot));  // again, as after a cut
    BOOST_TEST(good(pull("holdfast/x/dev/podman")) == first);
    ostree({"fsck"});
    BOOST_TEST(ostree({"config", "get", "sysroot.bootloader"}) == "none\n");
    BOOST_TEST(ostree({"config", "get", "sysroot.readonly"}) == "true\n");
    BOOST_TEST(ostree({"config", "get", "core.mode"}) == "bare\n");

    const fs::path a = good(content::deploy(sysroot, first, 'a', content::Place::Staging));
    BOOST_TEST(link('a') == "deploy/holdfast/deploy/" + first + ".0");
    BOOST_TEST(fs::exists(a / "etc/hostname"));
    BOOST_TEST(fs::exists(sysroot / "ostree" / link('a') / "usr/lib/holdfast/boot/holdfast.efi"));

    const std::string second = commit("2");
    good(pull(second));
    good(content::deploy(sysroot, second, 'b', content::Place::Staging));
    BOOST_TEST(link('b') == "deploy/holdfast/deploy/" + second + ".0");
    BOOST_TEST(fs::exists(a / "etc/hostname"));
    const std::string status = need({"ostree", "admin", "status", "--sysroot=" + sysroot.string()});
    BOOST_TEST((status.contains(first) && status.contains(second)));

    const std::string third = commit("3");
    good(pull(third));
    good(content::deploy(sysroot, third, 'a', content::Place::Staging));
    BOOST_TEST(!fs::exists(a));
    good(content::undeploy(sysroot, 'b'));
    BOOST_TEST(!fs::is_symlink(sysroot / "ostree/root.b"));
    ostree({"fsck"});
    BOOST_TEST(fs::exists(sysroot / "ostree" / link('a') / "etc/hostname"));
}

BOOST_FIXTURE_TEST_CASE(a_lost_list_of_deployments_is_written_anew, World) {
    good(content::init_sysroot(sysroot));
    good(pull(first));
    const fs::path a = good(content::deploy(sysroot, first, 'a', content::Place::Staging));
    fs::remove_all(sysroot / "boot");
    fs::create_directory(sysroot / "boot");
    const std::string second = commit("2");
    good(pull(second));
    good(content::deploy(sysroot, second, 'b', content::Place::Staging));
    BOOST_TEST(fs::exists(a / "etc/hostname"));
    const std::string status = need({"ostree", "admin", "status", "--sysroot=" + sysroot.string()});
    BOOST_TEST((status.contains(first) && status.contains(second)));
}

BOOST_FIXTURE_TEST_CASE(the_same_commit_in_both_slots_gets_two_serials, World) {
    good(content::init_sysroot(sysroot));
    good(pull(first));
    good(content::deploy(sysroot, first, 'a', content::Place::Staging));
    good(content::deploy(sysroot, first, 'b', content::Place::Staging));
    BOOST_TEST(link('b') == "deploy/holdfast/deploy/" + first + ".1");
    BOOST_TEST((content::deploy(sysroot, first, 'c', content::Place::Staging).error().code == Code::Bug));
}

BOOST_FIXTURE_TEST_CASE(only_a_key_of_the_keyring_is_good_enough, World) {
    const RealKey stranger(scratch / "stranger");
    const auto strange = content::verify_commit(repo.path(), first, stranger.keyring());
    BOOST_TEST((strange.error().code == Code::Denied));
    BOOST_TEST(strange.error().what.contains("no valid signature by a key of the keyring"));
    const std::string unsigned_commit = commit("2", false);
    BOOST_TEST((content::verify_commit(repo.path(), unsigned_commit, key.keyring()).error().code == Code::Denied));
    good(content::init_sysroot(sysroot));
    BOOST_TEST((pull(unsigned_commit).error().code == Code::Denied));
    put(scratch / "armoured.asc", key.gpg({"--export", "--armor"}));
    BOOST_TEST(
        error_of(content::verify_commit(repo.path(), first, scratch / "armoured.asc")).contains("ASCII-armoured"));
    BOOST_TEST((content::verify_commit(repo.path(), first, scratch / "none").error().code == Code::NotFound));
}

// gpg makes the certificate with each key, and spoils its first line with a colon so that nobody uses it by mistake.
std::string revocation_of(const RealKey& key) {
    for (const auto& each : fs::directory_iterator(key.home() / "openpgp-revocs.d")) {
        std::string text = good(read_whole(each.path()));
        text.erase(text.find(":-----BEGIN"), 1);
        return text;
    }
    BOOST_FAIL("gpg made no revocation certificate");
    return {};
}

BOOST_FIXTURE_TEST_CASE(a_revoked_key_does_not_count_any_more_and_a_new_one_does, World) {
    const RealKey next(scratch / "next");
    put(scratch / "both.gpg", good(read_whole(key.keyring())) + good(read_whole(next.keyring())));
    good(content::verify_commit(repo.path(), first, scratch / "both.gpg"));
    put(scratch / "revocation.asc", revocation_of(key));
    key.gpg({"--import", (scratch / "revocation.asc").string()});
    const std::string revoked = key.gpg({"--export"});
    put(scratch / "after.gpg", revoked + good(read_whole(next.keyring())));
    const auto refused = content::verify_commit(repo.path(), first, scratch / "after.gpg");
    BOOST_TEST((refused.error().code == Code::Denied));
    BOOST_TEST(error_of(refused).contains("signed with a revoked key"));
    // Whoever has seen that keyring knows it of the older one as well.
    const auto gone = good(content::revoked_in(scratch / "after.gpg"));
    BOOST_TEST(gone.size() == 1U);
    BOOST_TEST(good(content::revoked_in(key.keyring())).empty());
    const auto remembered = content::verify_commit(repo.path(), first, {key.keyring(), gone});
    BOOST_TEST(error_of(remembered).contains("a later release revoked"));
    put(scratch / "bytes", "bytes");
    const std::string signature = next.gpg({"--detach-sign", "--output", "-", (scratch / "bytes").string()});
    good(content::verify_detached("bytes", signature, scratch / "after.gpg"));
}

// gpgv runs under a clock of its own.
BOOST_FIXTURE_TEST_CASE(a_signature_is_good_in_1970_and_in_2099, World) {
    ::setenv("LD_PRELOAD", "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1", 1);
    for (const char* clock : {"@1970-01-02 00:00:00", "@2099-06-01 00:00:00"}) {
        ::setenv("FAKETIME", clock, 1);
        BOOST_TEST(need({"date", "+%Y"}) == std::string(clock).substr(1, 4) + "\n");
        const auto verified = content::verify_commit(repo.path(), first, key.keyring());
        BOOST_TEST(verified.has_value(), clock << ": " << error_of(verified));
    }
    ::unsetenv("LD_PRELOAD");
    ::unsetenv("FAKETIME");
}

BOOST_FIXTURE_TEST_CASE(a_detached_signature_holds_for_its_bytes_only, World) {
    put(scratch / "sums", "some bytes");
    const std::string signature = key.gpg({"--detach-sign", "--armor", "--output", "-", (scratch / "sums").string()});
    good(content::verify_detached("some bytes", signature, key.keyring()));
    BOOST_TEST((content::verify_detached("some Bytes", signature, key.keyring()).error().code == Code::Denied));
    BOOST_TEST(!content::verify_detached("some bytes", "rubbish", key.keyring()));
}

BOOST_FIXTURE_TEST_CASE(a_changed_or_missing_object_is_refused_by_name, World) {
    good(content::init_sysroot(sysroot));
    const fs::path victim = object();
    std::string bytes = good(read_whole(victim));
    char& changed = bytes.at(bytes.size() / 2);
    changed = static_cast<char>(changed ^ 1);
    put(victim, bytes);
    const std::string name = victim.parent_path().filename().string() + victim.stem().string();
    BOOST_TEST_CONTEXT(error_of(pull(first))) BOOST_TEST(error_of(pull(first)).contains(name));
    fs::remove(victim);
    BOOST_TEST_CONTEXT(error_of(pull(first))) BOOST_TEST(error_of(pull(first)).contains(name));
}

BOOST_FIXTURE_TEST_CASE(a_full_disk_is_no_space, World) {
    put(scratch / "tree2/usr/share/big", [] {
        std::string noise(3 * mebibyte, '\0');
        for (unsigned i = 0; i < noise.size(); ++i) noise[i] = static_cast<char>((i * 2654435761U) >> 13);
        return noise;
    }());
    const std::string big = commit("2");
    fs::create_directory(sysroot);
    BOOST_REQUIRE_EQUAL(::mount("none", sysroot.c_str(), "tmpfs", 0, "size=2m"), 0);
    good(content::init_sysroot(sysroot));
    const auto full = pull(big);
    BOOST_TEST_CONTEXT(error_of(full)) BOOST_TEST((full.error().code == Code::NoSpace));
    ::umount(sysroot.c_str());
}

BOOST_FIXTURE_TEST_CASE(files_of_a_commit_are_read_without_a_check_out, World) {
    BOOST_TEST(good(content::read_file(repo.path(), first, "/usr/lib/holdfast/boot/slot-a.addon.efi", 100)) ==
               "addon a");
    BOOST_TEST((content::read_file(repo.path(), first, "/usr/lib/none", 100).error().code == Code::NotFound));
    BOOST_TEST((content::read_file(repo.path(), first, "/usr/lib/os-release", 3).error().code == Code::Corrupt));
    BOOST_TEST((good(content::list_folder(repo.path(), first, "/usr/lib/holdfast/boot/keys")) ==
                std::vector<std::string>{"KEK.auth", "PK.auth", "db.auth"}));
}
