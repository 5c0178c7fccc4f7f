#include "publish/publish.hpp"

#include "base/crash_point.hpp"
#include "base/file.hpp"
#include "base/process.hpp"
#include "base/progress.hpp"
#include "base/scratch.hpp"
#include "base/text.hpp"
#include "content/bundle.hpp"
#include "content/facts.hpp"
#include "content/sysroot.hpp"
#include "publish/write_bundle.hpp"

#include <algorithm>

namespace holdfast::publish {

namespace {

namespace fs = std::filesystem;

std::string published_ref(const Release& release) {
    return "published/" + release.ref + "/" + std::to_string(release.time) + "-" + release.commit.substr(0, 12);
}

Result<std::string> ostree(const fs::path& repository, Arguments words) {
    words.insert(words.begin() + 1, "--repo=" + repository.string());
    words.insert(words.begin(), "ostree");
    return in(words[1], run_or_fail(words));
}

Result<> make_repository(const fs::path& repository) {
    if (fs::exists(repository / "config")) return {};
    std::error_code none;
    if (fs::exists(repository) && !fs::is_empty(repository, none))
        return fail(Code::Denied, repository.string() +
                                      " holds other files and is no repository; name an empty folder, "
                                      "or one that is not there yet");
    TRY(make_directories(repository));
    TRY(ostree(repository, {"init", "--mode=archive"}));
    return {};
}

// The commit, which boxes will take.
Result<std::string> signed_by(const keys::Keys& keys, const fs::path& repo, const std::string& ref) {
    std::string commit = TRY(content::resolve(repo, ref));
    const auto good = content::verify_commit(repo, commit, keys.keyring());
    if (good) return commit;
    const bool others = good.error().code == Code::Denied;
    return fail(good.error().code,
                good.error().what + (others ? "; give the key directory that it was signed with: --keys DIR" : ""));
}

Result<Release> release_of(const fs::path& repository, const std::string& ref, const std::string& commit) {
    const auto facts = TRY(content::facts_of(repository, commit));
    return Release{ref, commit, facts.version, facts.time};
}

Result<> none_newer(const std::vector<Release>& before, const Release& release) {
    if (before.empty() || before.back().time <= release.time) return {};
    return fail(Code::Denied, "release " + before.back().version + " of " + release.ref +
                                  " is published already and newer than " + release.version +
                                  "; boxes would refuse it. Build it again with a later --time");
}

Progress shown_in(Step& step) {
    return [&step](std::uint64_t done, std::uint64_t total) { step.at(done, total, "files"); };
}

Result<> make_bundle(const fs::path& repository, const Release& to, const std::string& from, const keys::Keys& keys,
                     Step& step) {
    const fs::path file = repository / content::bundle_path(to.commit, from);
    if (fs::exists(file)) return {};
    // What every box can take does not depend on its libraries.
    const Repack repack = from.empty() ? Repack::No : Repack::Yes;
    TRY(write_bundle(
        {.repo = repository, .contents = {{to.ref, to.commit, from}}, .repack = repack, .progress = shown_in(step)},
        keys, file));
    return {};
}

Result<> remove_old_bundles(const fs::path& repository, const std::vector<Release>& known, const Release& newest) {
    for (const auto& release : known)
        if (release.commit != newest.commit) TRY(remove_tree(repository / "bundles" / release.commit));
    return {};
}

std::vector<Release> last(std::vector<Release> releases, unsigned count, const std::string& without) {
    std::erase_if(releases, [&](const Release& release) { return release.commit == without; });
    if (releases.size() > count) releases.erase(releases.begin(), releases.end() - count);
    return releases;
}

// The commit of the release with that version, or whose commit begins so.
Result<std::string> find_release(const CarriedParts& parts) {
    if (parts.base.empty()) return std::string();
    std::vector<std::string> versions;
    for (const auto& release : TRY(releases(parts.repository, parts.ref))) {
        if (release.version == parts.base || (parts.base.size() >= 8 && release.commit.starts_with(parts.base)))
            return release.commit;
        versions.push_back(release.version);
    }
    return fail(Code::NotFound, "no release '" + parts.base + "' of " + parts.ref + " is published in " +
                                    parts.repository.string() + "; there are: " + join(versions, ", "));
}

}  // namespace

Result<std::vector<Release>> releases(const fs::path& repository, const std::string& ref) {
    const std::string listed = TRY(ostree(repository, {"refs", "--list", "published/" + ref}));
    std::vector<Release> found;
    for (const auto& line : split(listed, '\n')) {
        if (trim(line).empty()) continue;
        const std::string commit = TRY(content::resolve(repository, std::string(trim(line))));
        found.push_back(TRY(release_of(repository, ref, commit)));
    }
    std::ranges::sort(found, {}, &Release::time);
    return found;
}

Result<Published> publish(const PublishParts& parts, const keys::Keys& keys) {
    const std::string commit = TRY(signed_by(keys, parts.from, parts.ref));
    TRY(make_repository(parts.repository));
    Published published{.release = TRY(release_of(parts.from, parts.ref, commit)), .bundles = {}};
    const auto before = TRY(releases(parts.repository, parts.ref));
    TRY(none_newer(before, published.release));
    TRY(step("objects", [&] { return ostree(parts.repository, {"pull-local", parts.from.string(), commit}); }));
    crash_point("publish.pulled");
    std::vector<std::string> sources;
    if (parts.full) sources.emplace_back();
    for (const auto& release : last(before, parts.deltas, commit)) sources.push_back(release.commit);
    for (const auto& from : sources) {
        const std::string name = from.empty() ? "full bundle" : "bundle from " + from.substr(0, 12);
        TRY(step(name, [&](Step& s) { return make_bundle(parts.repository, published.release, from, keys, s); }));
        published.bundles.push_back(content::bundle_path(commit, from));
    }
    // Last of all what clients look at.
    for (const auto& ref : {published_ref(published.release), parts.ref})
        TRY(ostree(parts.repository, {"refs", "--create=" + ref, "--force", commit}));
    TRY(ostree(parts.repository, {"summary", "--update", "--gpg-sign=" + keys.fingerprint(),
                                  "--gpg-homedir=" + keys.gnupg_home().string()}));
    TRY(remove_old_bundles(parts.repository, before, published.release));
    return published;
}

Result<std::vector<fs::path>> carry(const CarriedParts& parts, const keys::Keys& keys) {
    // One repository with all that the bundle is made of; objects are linked where they can be.
    const Scratch scratch = TRY(Scratch::make("carry"));
    const fs::path repo = scratch.path() / "repo";
    TRY(make_repository(repo));
    BundleParts bundle{.repo = repo, .contents = {}, .repack = Repack::No, .split = parts.split, .progress = {}};
    const auto add = [&](const fs::path& from, const std::string& ref) -> Result<std::string> {
        const std::string commit = TRY(signed_by(keys, from, ref));
        TRY(ostree(repo, {"pull-local", fs::absolute(from).string(), commit}));
        return commit;
    };
    bundle.contents.push_back({parts.ref, TRY(add(parts.from, parts.ref)), TRY(find_release(parts))});
    if (const auto& base = bundle.contents.front().from; !base.empty()) {
        TRY(ostree(repo, {"pull-local", fs::absolute(parts.repository).string(), base}));
        bundle.repack = Repack::Yes;
    }
    for (const auto& [from, ref] : parts.others) bundle.contents.push_back({ref, TRY(add(from, ref)), ""});
    const auto written = TRY(step("bundle " + parts.into.filename().string(), [&](Step& s) {
        bundle.progress = shown_in(s);
        return write_bundle(bundle, keys, parts.into);
    }));
    return written.files;
}

}  // namespace holdfast::publish
