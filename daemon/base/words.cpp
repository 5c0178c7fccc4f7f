#include "base/words.hpp"

#include "base/text.hpp"

namespace holdfast {

namespace {

// The verb that was given last, and "holdfast update check": all words up to it.
struct Given {
    const CLI::App* verb;
    std::string words;
};
Given given(const CLI::App& app) {
    Given found{&app, app.get_name()};
    while (!found.verb->get_subcommands().empty()) {
        found.verb = found.verb->get_subcommands().front();
        found.words += " " + found.verb->get_name();
    }
    return found;
}

std::string where_more(const std::string& program) {
    return "\nMore with: " + program + " --help";
}

// "holdfast update: there is no verb 'chek'; did you mean 'check'?", and in a second line where to read more.
std::string missing_verb(const CLI::App& app) {
    const auto [group, program] = given(app);
    std::vector<std::string> verbs;
    for (const auto* verb : group->get_subcommands([](const CLI::App*) { return true; }))
        verbs.push_back(verb->get_name());
    const std::string more = where_more(program);
    const auto words = app.remaining(true);
    if (words.empty()) return program + ": which verb? One of: " + join(verbs, ", ") + more;
    const std::string meant = nearest(words.front(), verbs);
    return program + ": there is no verb '" + words.front() + "'" +
           (meant.empty() ? "; there are: " + join(verbs, ", ") : "; did you mean '" + meant + "'?") + more;
}

// What stands above a verb and may follow it, too, for its help. Of a verb that may stand alone the options are its
// own.
std::string options_above(const CLI::App& verb) {
    std::vector<const CLI::Option*> above;
    for (const auto* app = &verb; app->get_fallthrough() && app->get_parent(); app = app->get_parent()) {
        if (app->get_parent()->get_require_subcommand_min() == 0) continue;
        for (const auto* option : app->get_parent()->get_options())
            if (option->nonpositional() && option != app->get_parent()->get_help_ptr() &&
                option != app->get_parent()->get_version_ptr())
                above.push_back(option);
    }
    if (above.empty()) return "";
    return CLI::Formatter().make_group("Options of all verbs", false, above);
}

void tell_options_above(CLI::App& app) {
    // A group of options is one without a name.
    for (auto* verb : app.get_subcommands([](const CLI::App* each) { return !each->get_name().empty(); })) {
        tell_options_above(*verb);
        auto more = options_above(*verb);
        const auto footer = verb->get_footer();
        if (!more.empty())
            verb->footer(more.substr(more.find_first_not_of('\n')) + (footer.empty() ? "" : "\n" + footer));
    }
}

std::string wrong_words(const CLI::App& app, const CLI::ParseError& error) {
    const std::string_view what = error.what();
    // That text says that something is required, and not what was wrong.
    if (error.get_name() == "RequiredError" && what.contains("subcommand")) return missing_verb(app);
    const auto program = given(app).words;
    return program + ": " + std::string(what) + where_more(program);
}

}  // namespace

void tell_examples(CLI::App& app, const Examples& examples, const std::string& verb) {
    std::string text;
    for (const auto& each : examples.all)
        if (verb.empty() || each == verb || each.starts_with(verb + " "))
            text += "  " + examples.program + " " + each + "\n";
    app.footer("Examples:\n" + text + "\nExit codes: " + examples.exit_codes);
    // A group of options is one without a name.
    for (auto* each : app.get_subcommands([](const CLI::App* below) { return !below->get_name().empty(); }))
        tell_examples(*each, examples, verb.empty() ? each->get_name() : verb + " " + each->get_name());
}

std::optional<int> parse_words(CLI::App& app, int count, const char* const* words) {
    tell_options_above(app);
    try {
        app.parse(count, words);
        return std::nullopt;
    } catch (const CLI::Success& asked) {  // --help, --version
        return app.exit(asked);
    } catch (const CLI::ParseError& error) {
        std::fprintf(stderr, "%s\n", wrong_words(app, error).c_str());
        return exit_usage;
    }
}

}  // namespace holdfast
