#include "image/builder.hpp"

#include <array>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>

using namespace holdfast;
namespace fs = std::filesystem;

namespace {

struct Here : Builder {
    Here() : Builder("bad_input") {}
};

// A web server in an empty folder: it answers every question with 404.
struct EmptyMirror {
    Scratch scratch = Scratch::make("mirror").value();
    std::optional<Child> server;
    std::string port;

    EmptyMirror() {
        const fs::path fifo = scratch.path() / "said";
        BOOST_REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
        const Fd reader(::open(fifo.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
        fs::create_directories(scratch.path() / "www");
        auto child = Child::spawn({"python3", "-u", "-m", "http.server", "--bind", "127.0.0.1", "--directory",
                                   (scratch.path() / "www").string(), "0"},
                                  {}, fifo);
        BOOST_REQUIRE(child.has_value());
        server.emplace(std::move(*child));
        // "Serving HTTP on 127.0.0.1 port 40001 (…": said once the socket listens.
        std::string said;
        pollfd polled{reader.number(), POLLIN, 0};
        while (!said.contains('(') && ::poll(&polled, 1, 10'000) == 1) {
            std::array<char, 256> buffer;
            const ssize_t n = ::read(reader.number(), buffer.data(), buffer.size());
            if (n > 0) said.append(buffer.data(), static_cast<std::size_t>(n));
        }
        const auto at = said.find("port ");
        BOOST_REQUIRE(at != std::string::npos);
        port = said.substr(at + 5, said.find(' ', at + 5) - at - 5);
    }
};

void write_sources(const fs::path& file, const std::string& port) {
    write_whole(file, "Types: deb\nURIs: http://127.0.0.1:" + port +
                          "/debian\nSuites: trixie\nComponents: main\n"
                          "Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\n")
        .value();
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_board_that_does_not_exist, Here) {
    const auto done = build("x", {"--hardware", "generic-x86_64"});
    BOOST_TEST(done.exit == 66);
    BOOST_TEST(done.errors.contains("did you mean 'generic-x86-64'?"));
}

BOOST_FIXTURE_TEST_CASE(a_flag_that_does_not_exist, Here) {
    BOOST_TEST(build("x", {"--colour"}).exit != 0);
}

BOOST_FIXTURE_TEST_CASE(an_option_that_the_board_does_not_have, Here) {
    const Arguments board{"--hardware", "advantech-poc-8", "--option"};
    const auto with = [&](const Arguments& options) {
        Arguments all = board;
        all.insert(all.end(), options.begin(), options.end());
        return build("x", all);
    };
    const auto unknown = with({"nvidia_mxm"});
    BOOST_TEST(unknown.exit == 66);
    BOOST_TEST(unknown.errors.contains("there is no option 'nvidia_mxm'"));
    BOOST_TEST(unknown.errors.contains("did you mean 'nvidia-mxm'?"));
    const auto both = with({"nvidia-mxm", "--option", "nvidia-mxm-closed"});
    BOOST_TEST(both.exit == 65);
    BOOST_TEST(both.errors.contains("exclude one another"));
    const auto none = build("x", {"--option", "nvidia-mxm"});
    BOOST_TEST(none.exit == 66);
    BOOST_TEST(none.errors.contains("there are none"));
    BOOST_TEST(!fs::exists(out("x")));
}

BOOST_FIXTURE_TEST_CASE(a_key_directory_that_others_can_read, Here) {
    fs::permissions(keys, fs::perms::group_read, fs::perm_options::add);
    const auto done = build("x");
    BOOST_TEST(done.exit == 77);
    BOOST_TEST(done.errors.contains("chmod -R go-rwx"));
    BOOST_TEST(!fs::exists(out("x")));
}

BOOST_FIXTURE_TEST_CASE(an_image_that_is_none, Here) {
    for (const auto* verb : {"inspect", "verify"}) {
        const auto done = image({verb, folder.string()});
        BOOST_TEST(done.exit == 66);
        BOOST_TEST(done.errors.contains("is no image folder"));
    }
}

BOOST_FIXTURE_TEST_CASE(a_mirror_that_nobody_answers_at, Here) {
    // Port 9 is "discard"; nothing listens there.
    write_sources(folder / "gone.sources", "9");
    const auto done = build("gone", {"--apt-sources", (folder / "gone.sources").string(), "--no-iso"});
    BOOST_TEST(done.exit == 69);
    BOOST_TEST(done.errors.contains("the package mirror did not deliver"));
    BOOST_TEST(!fs::exists(out("gone") / default_name));
}

BOOST_FIXTURE_TEST_CASE(a_mirror_that_answers_with_errors, Here) {
    const EmptyMirror mirror;
    write_sources(folder / "empty.sources", mirror.port);
    const auto done = build("empty", {"--apt-sources", (folder / "empty.sources").string(), "--no-iso"});
    BOOST_TEST(done.exit == 69);
    BOOST_TEST(done.errors.contains("the package mirror did not deliver"));
}

BOOST_FIXTURE_TEST_CASE(trees_that_are_not_there_or_were_used, Here) {
    const fs::path trees = folder / "trees";
    const auto compose = [&] {
        return image({"compose", "--source", source_folder().string(), "--keys", keys.string(), "--trees",
                      trees.string(), "--work", (folder / "work").string(), "--out", (folder / "out").string()});
    };
    const auto missing = compose();
    BOOST_TEST(missing.exit == 66);
    BOOST_TEST(missing.errors.contains((trees / "root/usr").string()));
    for (const auto* there : {"root/usr/etc", "initrd.cpio", "initrd.packages", "installer.cpio", "installer.packages"})
        fs::create_directories(trees / there);
    const auto used = compose();
    BOOST_TEST(used.exit == 65);
    BOOST_TEST(used.errors.contains("--trees-only"));
    BOOST_TEST(!fs::exists(folder / "out"));
}

BOOST_FIXTURE_TEST_CASE(a_wrong_command_line_is_64, Here) {
    BOOST_TEST(image({}).exit == 64);
    BOOST_TEST(image({"build", "--hardwear", "x"}).exit == 64);
    BOOST_TEST(image({"compose", "--help"}).exit == 0);
}

BOOST_FIXTURE_TEST_CASE(answers_go_only_onto_an_installer, Here) {
    const fs::path answers = folder / "install.yaml", out = folder / "new.iso";
    BOOST_REQUIRE(write_whole(answers, "disk:\n  serial: BAY\n"));
    const std::string page = (source_folder() / "README.md").string();
    const auto refused = image({"customize", page, "--answers", answers.string(), "--output", out.string()});
    BOOST_TEST(refused.exit == 65);
    BOOST_TEST(refused.errors.contains("README.md is no Holdfast installer"));
    BOOST_TEST(!fs::exists(out));
}

BOOST_FIXTURE_TEST_CASE(a_folder_without_keys_is_said_to_be_one, Here) {
    const auto done = image({"build", "--source", source_folder().string(), "--debs", debs.string(), "--keys",
                             (source_folder() / "hardware").string(), "--work", (folder / "work").string()});
    BOOST_TEST(done.exit == 66);
    BOOST_TEST(done.errors.contains("hardware is no key directory: it has no keys.json"));
}

BOOST_FIXTURE_TEST_CASE(keys_are_not_made_where_they_would_be_thrown_away, Here) {
    const auto lost = run({"env", "HOLDFAST_KEPT=" + source_folder().string(), HOLDFAST_IMAGE, "keys", "create",
                           "/root/holdfast-keys"})
                          .value();
    BOOST_TEST(lost.exit == 77);
    BOOST_TEST(lost.errors.contains("./dev tool keys create /root/holdfast-keys"));
    BOOST_TEST(!fs::exists("/root/holdfast-keys"));
}
