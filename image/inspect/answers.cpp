#include "inspect/answers.hpp"

#include "base/file.hpp"
#include "base/process.hpp"
#include "base/scratch.hpp"
#include "install/answers.hpp"
#include "install/medium.hpp"

namespace holdfast::inspect {

namespace fs = std::filesystem;

Result<> check_answers(const fs::path& iso, const fs::path& answers) {
    if (!fs::is_regular_file(iso))
        return fail(Code::NotFound, "there is no file " + iso.string() + "; make an ISO with './dev image'");
    const auto scratch = TRY(Scratch::make("medium"));
    const fs::path papers = scratch.path() / "medium.json";
    const auto extracted = TRY(run(
        {"xorriso", "-osirrox", "on", "-indev", iso.string(), "-extract", "/holdfast/medium.json", papers.string()}));
    if (extracted.exit != 0 || !fs::exists(papers))
        return fail(Code::Corrupt, iso.string() + " is no Holdfast installer; give the .iso of an image's folder");
    const std::string text = TRY(read_whole(papers, install::medium_limit));
    const auto medium = TRY(in(iso.string() + ": medium.json", install::parse_medium(text)));
    const std::string yaml = TRY(read_whole(answers, install::answers_limit));
    const auto kind = medium.development ? install::Kind::Development : install::Kind::Production;
    TRY(in(answers.string(), install::parse_answers(yaml, kind)));
    return {};
}

}  // namespace holdfast::inspect
