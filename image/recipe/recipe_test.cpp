#include "recipe/recipe.hpp"

#include "base/file.hpp"

#include <boost/test/unit_test.hpp>
#include <cstdlib>

using namespace holdfast;
namespace fs = std::filesystem;

namespace {

// A source folder with one good board, profile and runtime, to be broken one line at a time.
struct Source {
    fs::path path = [] {
        std::string name = "/tmp/holdfast-recipe-XXXXXX";
        return fs::path(::mkdtemp(name.data()));
    }();
    std::string board =
        "name: b\ntitle: B\narchitecture: x86-64\ncmdline: [quiet]\ninitrd:\n  modules: [ext4]\ncapabilities:\n  tpm: "
        "late\n";
    std::string profile = "name: p\ntitle: P\ndevelopment: true\n";
    std::string runtime = "name: r\ntitle: R\narchitectures: [x86-64]\n";
    ~Source() { fs::remove_all(path); }

    Result<recipe::Recipe> load(const recipe::Choice& choice = {"b", "p", "r", "1.0"}) const {
        for (const auto& [file, text] : {std::pair{"hardware/b/board.yaml", board},
                                         {"profiles/p/profile.yaml", profile},
                                         {"recipes/r/runtime.yaml", runtime}}) {
            fs::create_directories((path / file).parent_path());
            write_whole(path / file, text).value();
        }
        return recipe::load(path, choice);
    }
    std::string error(const recipe::Choice& choice = {"b", "p", "r", "1.0"}) const {
        const auto loaded = load(choice);
        return loaded ? "" : loaded.error().what;
    }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_good_recipe_is_read, Source) {
    const auto r = load().value();
    BOOST_TEST(r.reference() == "holdfast/b/p/r");
    BOOST_TEST(r.name() == "holdfast-b-p-r-1.0");
    BOOST_TEST(r.cmdline() == "root=gpt-auto rw quiet");
    BOOST_TEST((r.board.tpm == recipe::Tpm::Late));
    BOOST_TEST(r.profile.development);
}

BOOST_FIXTURE_TEST_CASE(a_board_that_does_not_exist_is_met_with_the_nearest, Source) {
    fs::create_directories(path / "hardware/advantech-poc-8");
    write_whole(path / "hardware/advantech-poc-8/board.yaml", "").value();
    BOOST_TEST(error({"advantech-poc8", "p", "r", "1.0"}).contains("did you mean 'advantech-poc-8'?"));
    BOOST_TEST(error({"zzzzzzzzzz", "p", "r", "1.0"}).contains("there are: advantech-poc-8, b"));
    BOOST_TEST(error({"../hardware/b", "p", "r", "1.0"}).contains("there is no board"));
}

BOOST_FIXTURE_TEST_CASE(a_runtime_without_the_boards_architecture_is_refused, Source) {
    runtime = "name: r\ntitle: R\narchitectures: [arm64]\n";
    BOOST_TEST(error().contains("runtime.yaml: architectures: the runtime 'r' has nothing for x86-64"));
}

BOOST_FIXTURE_TEST_CASE(missing_and_extra_keys_are_refused_with_their_line, Source) {
    board += "colour: red\n";
    BOOST_TEST(error().contains("board.yaml:9: unknown key 'colour'"));
    board = "name: b\ntitle: B\n";
    BOOST_TEST(error().contains("the key 'architecture' is missing"));
    board = "name: b\ntitle: B\narchitecture: mips\n";
    BOOST_TEST(error().contains("board.yaml:3: architecture: 'mips' is not known here; write one of: x86-64, arm64"));
}

BOOST_FIXTURE_TEST_CASE(the_profile_and_runtime_are_as_strict, Source) {
    profile += "devlopment: true\n";
    BOOST_TEST(error().contains("profile.yaml:4: unknown key 'devlopment'; did you mean 'development'?"));
    profile = "name: q\ntitle: P\n";
    BOOST_TEST(error().contains("write 'name: p'"));
    profile = "name: p\ntitle: P\n";
    runtime += "x: 1\n";
    BOOST_TEST(error().contains("runtime.yaml:4: unknown key 'x'"));
}

BOOST_FIXTURE_TEST_CASE(a_profile_may_demand_a_pin_of_a_board_that_has_a_tpm, Source) {
    BOOST_TEST(!load().value().profile.disk_pin);
    profile += "disk-pin: true\n";
    BOOST_TEST(load().value().profile.disk_pin);
    board.replace(board.find("late"), 4, "none");
    BOOST_TEST(error().contains("profile.yaml: disk-pin: a TPM keeps the PIN, and the board 'b' has none"));
    profile = "name: p\ntitle: P\ndisk-pin: yes\n";
    BOOST_TEST(error().contains("profile.yaml:3: disk-pin:"));
}

BOOST_FIXTURE_TEST_CASE(a_word_of_the_command_line_is_one_word, Source) {
    profile += "cmdline: [\"quiet init=/bin/sh\"]\n";
    BOOST_TEST(error().contains("is not one word"));
}

namespace {

// A board with two options that exclude one another.
struct WithOptions : Source {
    WithOptions() {
        option("gpu", "cmdline: [gpu.on=1]\nmodules: [gpu]\ncomponents: [contrib]\n");
        option("gpu-old", "conflicts: [gpu]\n");
        option("modem", "");
    }
    void option(const std::string& name, const std::string& more) const {
        fs::create_directories(path / "hardware/b/options" / name);
        write_whole(path / "hardware/b/options" / name / "option.yaml", "name: " + name + "\ntitle: O\n" + more)
            .value();
    }
    std::string refused(const std::vector<std::string>& options) const {
        return error({"b", "p", "r", "1.0", options});
    }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(options_are_part_of_the_name_in_any_order, WithOptions) {
    const auto r = load({"b", "p", "r", "1.0", {"modem", "gpu", "modem"}}).value();
    BOOST_TEST(r.name() == "holdfast-b.gpu.modem-p-r-1.0");
    BOOST_TEST(r.reference() == "holdfast/b.gpu.modem/p/r");
    BOOST_TEST(r.cmdline() == "root=gpt-auto rw quiet gpu.on=1");
    BOOST_TEST((r.modules() == std::vector<std::string>{"gpu"}));
}

BOOST_FIXTURE_TEST_CASE(an_option_that_does_not_exist_is_met_with_the_nearest, WithOptions) {
    BOOST_TEST(refused({"modme"}).contains("there is no option 'modme'"));
    BOOST_TEST(refused({"modme"}).contains("did you mean 'modem'?"));
    BOOST_TEST(refused({"zzzzzzzz"}).contains("there are: gpu, gpu-old, modem"));
    BOOST_TEST(refused({"../options/gpu"}).contains("there is no option"));
    fs::remove_all(path / "hardware/b/options");
    BOOST_TEST(refused({"gpu"}).contains("there are none"));
}

BOOST_FIXTURE_TEST_CASE(options_that_exclude_one_another_are_refused, WithOptions) {
    BOOST_TEST(refused({"gpu", "gpu-old"}).contains("'gpu-old' and 'gpu' exclude one another"));
}

BOOST_FIXTURE_TEST_CASE(an_option_is_read_as_strictly, WithOptions) {
    option("gpu", "pakcages: [x]\n");
    BOOST_TEST(refused({"gpu"}).contains("option.yaml:3: unknown key 'pakcages'"));
    option("gpu", "components: [nonfree]\n");
    BOOST_TEST(refused({"gpu"}).contains("write one of: contrib, non-free"));
    option("gpu", "cmdline: [\"a b\"]\n");
    BOOST_TEST(refused({"gpu"}).contains("is not one word"));
}

BOOST_FIXTURE_TEST_CASE(a_version_cannot_leave_its_place, Source) {
    BOOST_TEST(error({"b", "p", "r", "../../x"}).contains("the version"));
    BOOST_TEST(error({"b", "p", "r", ""}).contains("the version"));
}
