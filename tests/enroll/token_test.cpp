// A root whose key is on a token: it signs there, and nothing of it comes onto the authority's computer.
#include "base/process.hpp"
#include "places.hpp"
#include "world.hpp"

#include <array>
#include <cstdlib>
#include <ctime>
#include <poll.h>
#include <pty.h>
#include <set>
#include <sys/wait.h>
#include <termios.h>

using namespace holdfast;
namespace fs = std::filesystem;

namespace {

constexpr auto module = "/usr/lib/softhsm/libsofthsm2.so", pin = "2468", uri = "pkcs11:token=clinic;object=root";

// A software token, as a card or a hardware security module would be.
struct Clinic {
    Scratch scratch = Scratch::make("token").value();
    fs::path folder = scratch.path() / "hub";

    Clinic() {
        fs::create_directories(scratch.path() / "tokens");
        const fs::path settings = scratch.path() / "softhsm2.conf";
        good(write_whole(settings, "directories.tokendir = " + (scratch.path() / "tokens").string() + "\n"));
        ::setenv("SOFTHSM2_CONF", settings.c_str(), 1);
        good(write_whole(scratch.path() / "pin", std::string(pin) + "\n", 0600));
        good(run_or_fail(
            {"softhsm2-util", "--init-token", "--free", "--label", "clinic", "--pin", pin, "--so-pin", pin}));
    }
    void make_key(const std::string& type, const std::string& label, const std::string& id,
                  const Arguments& more = {}) const {
        Arguments words{"pkcs11-tool",  "--module",   module, "--token-label", "clinic", "--login", "--pin",   pin,
                        "--keypairgen", "--key-type", type,   "--usage-sign",  "--id",   id,        "--label", label};
        words.insert(words.end(), more.begin(), more.end());
        good(run_or_fail(words));
    }
    // What the program says, and how it ends.
    static Finished hub(Arguments words) {
        words.insert(words.begin(), (build_folder() / "daemon/programs/holdfast-hub").string());
        return good(run(words));
    }
    Finished init(const std::string& root, const fs::path& pin_file, const std::string& library = module) const {
        return hub({"--state", folder.string(), "init", "--trust-domain", "clinic.example", "--root", root, "--module",
                    library, "--pin-file", pin_file.string()});
    }
    Finished init() const { return init(uri, scratch.path() / "pin"); }
    void refused(const Finished& done, int exit, const std::string& words) const {
        BOOST_TEST(done.exit == exit);
        BOOST_TEST(done.errors.contains(words), done.errors);
        BOOST_TEST(!fs::exists(folder));
    }
    int verified(const fs::path& chain, const fs::path& leaf) const {
        return good(run({"openssl", "verify", "-x509_strict", "-CAfile", (folder / "root.pem").string(), "-untrusted",
                         chain.string(), leaf.string()}))
            .exit;
    }
};

bool holds_private_key(const fs::path& file) {
    return good(read_whole(file)).contains("PRIVATE KEY");
}

std::string read_some(int terminal) {
    std::array<char, 4096> bytes{};
    const ssize_t got = ::read(terminal, bytes.data(), bytes.size());
    return got <= 0 ? "" : std::string(bytes.data(), static_cast<std::size_t>(got));
}

bool echoes(int terminal) {
    termios state{};
    return ::tcgetattr(terminal, &state) == 0 && (state.c_lflag & ECHO) != 0;
}

// The program at a terminal where somebody types `line` once nothing is shown any more; what the terminal showed.
std::string typed_at_a_terminal(const Arguments& words, const std::string& line, int& exit) {
    std::vector<char*> raw_words;
    for (const auto& word : words) raw_words.push_back(const_cast<char*>(word.c_str()));
    raw_words.push_back(nullptr);
    int number = -1;
    const pid_t child = ::forkpty(&number, nullptr, nullptr, nullptr);
    if (child == 0) {
        ::execv(raw_words.front(), raw_words.data());
        ::_exit(127);
    }
    const Fd terminal(number);
    std::string shown = read_some(number);
    for (int i = 0; i < 1000 && echoes(number); ++i) ::poll(nullptr, 0, 10);
    BOOST_REQUIRE(!echoes(number));
    BOOST_REQUIRE(::write(number, line.data(), line.size()) == static_cast<ssize_t>(line.size()));
    for (std::string more = read_some(number); !more.empty(); more = read_some(number)) shown += more;
    int status = 0;
    ::waitpid(child, &status, 0);
    exit = WEXITSTATUS(status);
    return shown;
}

struct Rooted : Clinic {
    Rooted() { make_key("EC:prime256v1", "root", "01"); }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_root_on_a_token_signs_and_a_box_is_admitted, Rooted) {
    const auto done = init();
    BOOST_REQUIRE_MESSAGE(done.exit == 0, done.errors);
    BOOST_TEST(!fs::exists(folder / "root.key"));
    // What it signs admissions with, what opens recovery keys, and what it signs as a node among its boxes.
    const std::set<fs::path> keys{"authority.key", "escrow.key", "node.key"};
    for (const auto& each : fs::directory_iterator(folder))
        if (each.is_regular_file())
            BOOST_TEST(holds_private_key(each.path()) == keys.contains(each.path().filename()), each.path());
    BOOST_TEST(!good(read_whole(folder / "root.token")).contains(pin));

    auto authority = good(hub::Authority::open(folder));
    auto& store = authority.store();
    good(store.add_release("holdfast/generic-x86-64/dev/podman", "1.0.0", std::string(64, 'c'), measurements()));
    for (const auto* key : {"PK", "KEK", "db"}) good(store.add_secure_boot_key(key, sha256(MeasuredBox::owners(key))));
    const MeasuredBox box;
    const auto request = enroll::write_request(box.ask());
    const auto admission = good(authority.admit(request, {.name = "Ada", .site = {}, .box = {}}, std::time(nullptr)));
    auto tpm = box.tpm.open();
    const auto identity = good(enroll::take(tpm, box.keys, request, admission.answer));
    good(write_whole(scratch.path() / "box.pem", identity::pem_of(identity.grant.chain.front())));
    BOOST_TEST(verified(folder / "authority.pem", scratch.path() / "box.pem") == 0);
}

BOOST_FIXTURE_TEST_CASE(the_root_is_found_again_and_what_it_signed_before_stays_good, Rooted) {
    BOOST_REQUIRE(init().exit == 0);
    const auto before = good(read_whole(folder / "authority.pem")), escrow = good(read_whole(folder / "escrow.pem"));
    const auto renew = [&](const Arguments& more) {
        Arguments words{"--state", folder.string(), "renew"};
        words.insert(words.end(), more.begin(), more.end());
        return hub(words);
    };
    const auto done = renew({"--pin-file", (scratch.path() / "pin").string()});
    BOOST_TEST(done.exit == 0, done.errors);
    BOOST_TEST(good(read_whole(folder / "authority.pem")) != before);
    good(write_whole(scratch.path() / "old.pem", escrow));
    BOOST_TEST(verified(folder / "authority.pem", scratch.path() / "old.pem") == 0);
    BOOST_TEST(verified(folder / "authority.pem", folder / "escrow.pem") == 0);
    // The key of somebody else's root.
    const auto renewed = good(read_whole(folder / "authority.pem"));
    good(identity::write_key(good(identity::make_key()), scratch.path() / "other.key"));
    const auto other = renew({"--root-key", (scratch.path() / "other.key").string()});
    BOOST_TEST(other.exit == 77);
    BOOST_TEST(other.errors.contains("another key"), other.errors);
    BOOST_TEST(good(read_whole(folder / "authority.pem")) == renewed);
}

BOOST_FIXTURE_TEST_CASE(a_pin_is_asked_for_and_not_shown, Rooted) {
    const Arguments words{(build_folder() / "daemon/programs/holdfast-hub").string(),
                          "--state",
                          folder.string(),
                          "init",
                          "--trust-domain",
                          "clinic.example",
                          "--root",
                          uri};
    int exit = 0;
    const auto shown = typed_at_a_terminal(words, std::string(pin) + "\n", exit);
    BOOST_TEST(exit == 0, shown);
    BOOST_TEST(shown.contains("PIN of token 'clinic'"), shown);
    BOOST_TEST(!shown.contains(pin), shown);
}

BOOST_FIXTURE_TEST_CASE(a_library_that_is_installed_needs_no_name, Rooted) {
    const auto done = hub({"--state", folder.string(), "init", "--trust-domain", "clinic.example", "--root", uri,
                           "--pin-file", (scratch.path() / "pin").string()});
    BOOST_TEST(done.exit == 0, done.errors);
}

BOOST_FIXTURE_TEST_CASE(a_key_that_wants_its_pin_each_time_gets_it, Clinic) {
    make_key("EC:prime256v1", "root", "01", {"--always-auth"});
    const auto done = init();
    BOOST_TEST(done.exit == 0, done.errors);
}

BOOST_FIXTURE_TEST_CASE(what_is_missing_is_told_and_leaves_nothing, Rooted) {
    const auto right = scratch.path() / "pin", wrong = scratch.path() / "wrong";
    good(write_whole(wrong, "1357", 0600));
    refused(init(uri, wrong), 77, "token 'clinic' refuses this PIN");
    refused(init(uri, scratch.path() / "none"), 66, "none");
    good(write_whole(wrong, "\n", 0600));
    refused(init(uri, wrong), 65, "holds no PIN");
    refused(init("pkcs11:token=other;object=root", right), 66, "no such token is here, but 'clinic'");
    refused(init("pkcs11:token=clinic;object=none", right), 66, "--keypairgen --key-type EC:prime256v1");
    // In a session of its own, so with no terminal.
    refused(good(run({"setsid", "--wait", (build_folder() / "daemon/programs/holdfast-hub").string(), "--state",
                      folder.string(), "init", "--trust-domain", "clinic.example", "--root", uri})),
            66, "there is no terminal");
    refused(init(uri, right, "/no/such/library.so"), 66, "/no/such/library.so is not there");
    refused(init(uri, right, right.string()), 65, "is no token's library");
}

BOOST_FIXTURE_TEST_CASE(a_uri_that_is_none_or_says_too_much_is_refused, Rooted) {
    const auto right = scratch.path() / "pin";
    refused(init("clinic", right), 65, "is no URI of a key on a token");
    refused(init("pkcs11:token=clinic;object=root?pin-value=2468", right), 65, "a PIN has no place");
    refused(init("pkcs11:token=clinic;object=root;colour=red", right), 65, "says more than");
    refused(init("pkcs11:token=clinic;object=" + std::string(5000, 'a'), right), 65, "is no URI");
}

BOOST_FIXTURE_TEST_CASE(two_keys_of_one_name_and_keys_of_another_kind_are_told, Clinic) {
    make_key("EC:secp384r1", "large", "02");
    make_key("rsa:2048", "rsa", "03");
    make_key("EC:prime256v1", "root", "04");
    make_key("EC:prime256v1", "root", "05");
    const auto right = scratch.path() / "pin";
    refused(init("pkcs11:token=clinic;object=large", right), 65, "no P-256 key");
    refused(init("pkcs11:token=clinic;object=rsa", right), 65, "no P-256 key");
    refused(init(uri, right), 65, "add id=%01");
    BOOST_TEST(init("pkcs11:token=clinic;object=root;id=%05", right).exit == 0);
}

BOOST_FIXTURE_TEST_CASE(an_authority_that_is_there_stays, Rooted) {
    BOOST_REQUIRE(init().exit == 0);
    const auto before = good(read_whole(folder / "root.pem"));
    BOOST_TEST(init(uri, "/no/such/pin").exit == 77);
    BOOST_TEST(good(read_whole(folder / "root.pem")) == before);
}
