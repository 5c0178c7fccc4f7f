#include "image/builder.hpp"

#include <array>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <sys/mount.h>
#include <sys/stat.h>

using namespace holdfast;
namespace fs = std::filesystem;

namespace {

using Names = std::vector<std::string>;

// Everything in a folder, hidden or not.
Names left_in(const fs::path& at) {
    Names names;
    for (const auto& entry : fs::directory_iterator(at)) names.push_back(entry.path().filename().string());
    return names;
}

struct Here : Builder {
    Here() : Builder("build") {}

    Finished compose(const std::string& trees, const fs::path& into, const Arguments& more) const {
        Arguments all{"--json",   "compose",
                      "--source", source_folder().string(),
                      "--trees",  trees,
                      "--keys",   keys.string(),
                      "--work",   (folder / "composed/work").string(),
                      "--out",    into.string()};
        all.insert(all.end(), more.begin(), more.end());
        return image(all);
    }
};

// A file system with room for `size`, mounted for as long as it lives.
struct SmallDisk {
    fs::path at;
    SmallDisk(fs::path folder, const char* size) : at(std::move(folder)) {
        fs::create_directories(at);
        BOOST_REQUIRE(::mount("tmpfs", at.c_str(), "tmpfs", 0, size) == 0);
    }
    SmallDisk(const SmallDisk&) = delete;
    SmallDisk& operator=(const SmallDisk&) = delete;
    ~SmallDisk() { ::umount2(at.c_str(), MNT_DETACH); }
};

// Starts a build and kills it, hard, when it says `word`.
void kill_at(const Builder& builder, const std::string& word, const Arguments& more) {
    const fs::path fifo = builder.folder / "said";
    fs::remove(fifo);
    BOOST_REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
    const Fd reader(::open(fifo.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    Arguments all{HOLDFAST_IMAGE};
    const Arguments rest = builder.arguments("cut", more);
    all.insert(all.end(), rest.begin(), rest.end());
    auto child = Child::spawn(all, {}, fifo).value();
    std::string said;
    pollfd polled{reader.number(), POLLIN, 0};
    while (!said.contains(word) && ::poll(&polled, 1, 600'000) == 1) {
        std::array<char, 4096> buffer;
        const ssize_t n = ::read(reader.number(), buffer.data(), buffer.size());
        if (n == 0) break;
        if (n > 0) said.append(buffer.data(), static_cast<std::size_t>(n));
    }
    BOOST_REQUIRE_MESSAGE(said.contains(word), said);
    ::kill(-child.pid(), SIGKILL);
    BOOST_TEST(child.wait(std::chrono::seconds(10)).value_or(0) == 128 + SIGKILL);
}

}  // namespace

// One fixture, since each build needs half a minute: cut, finished, then without space.
BOOST_FIXTURE_TEST_CASE(a_cut_build_is_built_again_and_a_full_disk_leaves_no_half_image, Here) {
    const Arguments lean{"--no-iso", "--no-disk"};
    kill_at(*this, "mkosi: root tree", lean);
    BOOST_TEST(!fs::exists(out("cut") / default_name));
    kill_at(*this, "signed commit", lean);
    BOOST_TEST(!fs::exists(out("cut") / default_name));
    const auto again = build("cut", lean);
    BOOST_REQUIRE_MESSAGE(again.exit == 0, again.errors);
    BOOST_TEST(fs::exists(out("cut") / default_name / (default_name + ".json")));
    BOOST_TEST(left_in(out("cut")) == Names{default_name});

    // The same trees, composed where only the keys are.
    const auto trees = build("cut", {"--trees-only"});
    BOOST_REQUIRE_MESSAGE(trees.exit == 0, trees.errors);
    const std::string folder_of_trees = nlohmann::json::parse(trees.output).at("trees");
    const auto composed = compose(folder_of_trees, folder / "composed/out", lean);
    BOOST_REQUIRE_MESSAGE(composed.exit == 0, composed.errors);
    BOOST_TEST(nlohmann::json::parse(composed.output).at("content") ==
               nlohmann::json::parse(again.output).at("content"));

    const SmallDisk small(folder / "small", "size=64m");
    const auto full = compose(folder_of_trees, small.at, lean);
    BOOST_TEST(full.exit == 74);
    // The kernel's words or ostree's, whichever limit comes first.
    BOOST_TEST((full.errors.contains("No space left on device") || full.errors.contains("min-free-space")),
               full.errors);
    BOOST_TEST(left_in(small.at) == Names{});
}
