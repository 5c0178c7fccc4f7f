#include "content/facts.hpp"

#include "base/text.hpp"
#include "content/glib.hpp"
#include "content/sysroot.hpp"

#include <algorithm>

namespace holdfast::content {

namespace {

// The OpenPGP packets of all signatures; libostree keeps them as "ostree.gpgsigs".
Result<std::string> signatures_in(std::string_view metadata) {
    if (metadata.empty()) return fail(Code::Denied, "it has no signature");
    const Variant all = variant_of("a{sv}", metadata);
    if (!g_variant_is_normal_form(all.get())) return fail(Code::Corrupt, "its signatures cannot be read");
    const Variant list(g_variant_lookup_value(all.get(), "ostree.gpgsigs", G_VARIANT_TYPE("aay")));
    if (!list || g_variant_n_children(list.get()) == 0) return fail(Code::Denied, "it has no signature");
    std::string joined;
    for (gsize i = 0; i < g_variant_n_children(list.get()); ++i)
        joined += bytes_of(Variant(g_variant_get_child_value(list.get(), i)).get());
    return joined;
}

std::string text_in(GVariant* metadata, const char* key) {
    const char* found = nullptr;
    return g_variant_lookup(metadata, key, "&s", &found) ? found : "";
}

std::vector<std::string> texts_in(GVariant* metadata, const char* key) {
    std::vector<std::string> texts;
    const Variant list(g_variant_lookup_value(metadata, key, G_VARIANT_TYPE("as")));
    for (gsize i = 0; list && i < g_variant_n_children(list.get()); ++i)
        texts.emplace_back(g_variant_get_string(Variant(g_variant_get_child_value(list.get(), i)).get(), nullptr));
    return texts;
}

}  // namespace

Result<Facts> parse_commit(std::string_view object) {
    // OSTREE_COMMIT_GVARIANT_FORMAT; child 0 is the metadata, 5 the time in network order.
    const Variant commit = variant_of("(a{sv}aya(say)sstayay)", object);
    if (!g_variant_is_normal_form(commit.get())) return fail(Code::Corrupt, "not a commit object");
    const Variant metadata(g_variant_get_child_value(commit.get(), 0)),
        time(g_variant_get_child_value(commit.get(), 5));
    gboolean development = FALSE;
    g_variant_lookup(metadata.get(), "holdfast.development", "b", &development);
    return Facts{.time = GUINT64_FROM_BE(g_variant_get_uint64(time.get())),
                 .version = text_in(metadata.get(), "version"),
                 .refs = texts_in(metadata.get(), "ostree.ref-binding"),
                 .development = development != FALSE,
                 .measurements = text_in(metadata.get(), "holdfast.measurements")};
}

Result<std::string> commit_object(const std::filesystem::path& repo, const std::string& commit) {
    const Repo opened = TRY(open_repo(repo));
    Failure failure;
    GVariant* loaded = nullptr;
    if (!ostree_repo_load_variant(opened.get(), OSTREE_OBJECT_TYPE_COMMIT, commit.c_str(), &loaded, &failure))
        return failure.as_error("commit " + commit);
    return std::string(bytes_of(Variant(loaded).get()));
}

Result<std::string> detached_metadata(const std::filesystem::path& repo, const std::string& commit) {
    const Repo opened = TRY(open_repo(repo));
    Failure failure;
    GVariant* loaded = nullptr;
    if (!ostree_repo_read_commit_detached_metadata(opened.get(), commit.c_str(), &loaded, nullptr, &failure))
        return failure.as_error("signature of commit " + commit);
    const Variant owned(loaded);
    return loaded ? std::string(bytes_of(loaded)) : std::string();
}

Result<Facts> facts_of(const std::filesystem::path& repo, const std::string& commit) {
    return in("commit " + commit, parse_commit(TRY(commit_object(repo, commit))));
}

Result<> verify_object(std::string_view object, std::string_view metadata, const Trust& trust) {
    const std::string signatures = TRY(signatures_in(metadata));
    return verify_detached(object, signatures, trust);
}

Result<> check_binding(const Facts& facts, const std::string& ref) {
    if (std::ranges::contains(facts.refs, ref)) return {};
    const std::string is = facts.refs.empty() ? "no ref at all" : "'" + join(facts.refs, "', '") + "'";
    return fail(Code::Denied, "this is content of " + is + ", but '" + ref + "' was asked for");
}

}  // namespace holdfast::content
