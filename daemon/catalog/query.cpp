#include "catalog/query.hpp"

#include "base/text.hpp"
#include "catalog/kinds.hpp"
#include "catalog/rows.hpp"

#include <algorithm>
#include <deque>
#include <set>

namespace holdfast::catalog {

namespace {

constexpr std::size_t most_conditions = 64;
// So many are looked up one by one and sorted; of more than that the names are gone through in their order.
constexpr Number few = 4096;

// SQL with what stands for its question marks; the values stay where they are.
struct Sql {
    std::string text;
    std::deque<std::string> words;
    std::vector<sqlite::Value> values;

    void add(std::string_view more) { text += more; }
    void number(Number value) { values.emplace_back(value); }
    void word(std::string value) { values.emplace_back(words.emplace_back(std::move(value))); }
    void marks(const std::vector<std::string>& all) {
        for (std::size_t i = 0; i < all.size(); ++i) {
            add(i == 0 ? "?" : ", ?");
            word(all[i]);
        }
    }
};

std::optional<std::string> relation_of(std::string_view key) {
    constexpr std::string_view before = "relations.";
    if (!key.starts_with(before)) return std::nullopt;
    return std::string(key.substr(before.size()));
}

// How many of them one page takes, with those before it; all of them in any other order.
std::uint64_t wanted_by_name(const Query& query) {
    constexpr auto most = static_cast<std::uint64_t>(few);
    if (!query.order.empty() || query.limit > most || query.offset > most) return UINT64_MAX;
    return query.limit + query.offset;
}

}  // namespace

// Questions as SQL over `entity AS e`.
class Asked {
public:
    Asked(Store& store, const Query& query) : database_(store.database_), query_(query) {}
    sqlite::Database& database() { return database_; }

    enum class Part { All, Page };
    // " FROM … WHERE …": those that meet it, each once; or those of them that its page can have.
    Result<Sql> matches(Part part) {
        const std::uint64_t wanted = part == Part::All ? UINT64_MAX : wanted_by_name(query_);
        Sql sql;
        const auto at_most = TRY(most());
        if (at_most && query_.words.empty() && TRY(are_few(*at_most, wanted))) {
            sql.add(" FROM (");
            for (const Condition* rare : rarest_) {
                if (rare != rarest_.front()) sql.add(" UNION ");
                TRY(entities_with(rare, sql));
                if (rarest_.size() == 1) met_.insert(rare);
            }
            sql.add(") AS d CROSS JOIN entity AS e ON e.id = d.entity");
        } else if (!query_.words.empty() && query_.word_keys.empty()) {
            sql.add(
                " FROM (SELECT rowid AS entity FROM words WHERE words MATCH ?) AS d"
                " CROSS JOIN entity AS e ON e.id = d.entity");
            sql.word(beginnings(query_.words));
        } else {
            sql.add(" FROM entity AS e");
        }
        sql.add(" WHERE e.is_there = 1");
        within(part, sql);
        TRY(conditions(sql));
        return sql;
    }
    // How many there are, where that can be told without looking at them.
    Result<std::optional<Number>> known_count() {
        // All have a kind.
        if (query_.words.empty() && query_.any.empty()) return TRY(tally({"kind", {}}, nullptr));
        if (!query_.words.empty() || query_.any.size() != 1) return std::nullopt;
        const Filter& filter = query_.any[0];
        const Condition* kind = one_value(filter, "kind");
        if (filter.size() > (kind == nullptr ? 1U : 2U)) return std::nullopt;
        const auto& last = &filter.front() == kind ? filter.back() : filter.front();
        if (last.values.size() != 1 || relation_of(last.key)) return std::nullopt;
        return TRY(tally(last, kind));
    }
    // The kind that is asked for and nothing else; nothing where it is more.
    std::optional<std::string> kind_alone() const {
        if (!query_.words.empty() || query_.any.size() != 1 || query_.any[0].size() != 1) return std::nullopt;
        const Condition* kind = one_value(query_.any[0], "kind");
        return kind == nullptr ? std::nullopt : std::optional(kind->values[0]);
    }

private:
    // Whether it is less work to look up all that may meet it than to go through the names until enough have met it.
    Result<bool> are_few(Number at_most, std::uint64_t wanted) {
        if (at_most > few || wanted > 2 * static_cast<std::uint64_t>(few)) return at_most <= few;
        const Number all = TRY(tally({"kind", {}}, nullptr));
        return at_most * at_most <= static_cast<Number>(wanted) * all;
    }
    // No more than so many can meet it, as their rarest conditions tell; nothing where nobody knows.
    Result<std::optional<Number>> most() {
        if (query_.any.empty()) return std::nullopt;
        Number sum = 0;
        for (const auto& filter : query_.any) {
            const auto [best, least] = TRY(rarest(filter));
            if (best == nullptr) return std::nullopt;
            rarest_.push_back(best);
            sum += least;
        }
        return sum;
    }
    Result<std::pair<const Condition*, Number>> rarest(const Filter& filter) {
        std::pair<const Condition*, Number> best{nullptr, 0};
        for (const auto& each : filter) {
            if (relation_of(each.key)) continue;
            const Number here = TRY(tally(each, nullptr));
            if (best.first == nullptr || here < best.second) best = {&each, here};
        }
        return best;
    }
    Result<Number> key_number(const std::string& key) {
        const auto found = TRY(database_.first<Number>("SELECT id FROM term_key WHERE name = ?", key));
        return found.value_or(0);
    }
    static const Condition* one_value(const Filter& filter, std::string_view key) {
        const auto found = std::ranges::find(filter, key, &Condition::key);
        return found == filter.end() || found->values.size() != 1 ? nullptr : &*found;
    }
    // Only names that can be among them. They begin with kind and namespace: of those that are asked for, one
    // stands behind the other. One bound on each side, as an index is gone through from one of them alone.
    void within(Part part, Sql& sql) {
        std::string least, most;
        if (const Condition* kind = query_.any.size() == 1 ? one_value(query_.any[0], "kind") : nullptr) {
            const Condition* space = one_value(query_.any[0], "metadata.namespace");
            met_.insert({kind, space});
            least = most = kind->values[0] + ":" + (space == nullptr ? "" : space->values[0] + "/");
            ++most.back();
        }
        if (part == Part::Page) {
            least = std::max(least, query_.after);
            if (!query_.before.empty() && (most.empty() || query_.before < most)) most = query_.before;
        }
        if (!least.empty()) {
            sql.add(" AND e.name > ?");
            sql.word(least);
        }
        if (!most.empty()) {
            sql.add(" AND e.name < ?");
            sql.word(most);
        }
    }
    // How many have it, of all kinds or of one; those with two of the values are counted twice.
    Result<Number> tally(const Condition& condition, const Condition* kind) {
        Sql sql;
        sql.add("SELECT coalesce(sum(count), 0) FROM tally WHERE key = ?");
        sql.number(TRY(key_number(condition.key)));
        with_values(condition, sql);
        if (kind != nullptr) {
            sql.add(" AND kind = ?");
            sql.word(kind->values[0]);
        }
        return TRY(database_.first_with<Number>(sql.text, sql.values)).value_or(0);
    }
    static void with_values(const Condition& condition, Sql& sql) {
        if (condition.values.empty()) return;
        sql.add(" AND value IN (");
        sql.marks(condition.values);
        sql.add(")");
    }
    Result<> entities_with(const Condition* condition, Sql& sql) {
        sql.add("SELECT DISTINCT entity FROM term WHERE key = ?");
        sql.number(TRY(key_number(condition->key)));
        with_values(*condition, sql);
        return {};
    }
    Result<> conditions(Sql& sql) {
        if (!query_.any.empty()) {
            sql.add(" AND (0");
            for (const auto& filter : query_.any) {
                sql.add(" OR (1");
                for (const auto& each : filter)
                    if (!met_.contains(&each)) TRY(condition(each, sql));
                sql.add(")");
            }
            sql.add(")");
        }
        if (query_.words.empty() || query_.word_keys.empty()) return {};
        sql.add(" AND EXISTS(SELECT 1 FROM term JOIN term_key ON term_key.id = term.key WHERE term_key.name IN (");
        sql.marks(query_.word_keys);
        sql.add(") AND term.entity = e.id AND instr(term.value, ?) > 0)");
        sql.word(small(query_.words));
        return {};
    }
    Result<> condition(const Condition& condition, Sql& sql) {
        if (const auto relation = relation_of(condition.key)) {
            related(*relation, condition.values, sql);
            return {};
        }
        sql.add(" AND EXISTS(SELECT 1 FROM term WHERE key = ?");
        sql.number(TRY(key_number(condition.key)));
        with_values(condition, sql);
        sql.add(" AND entity = e.id)");
        return {};
    }
    // What it leads to itself, and what leads to it.
    static void related(const std::string& relation, const std::vector<std::string>& others, Sql& sql) {
        sql.add(" AND (EXISTS(SELECT 1 FROM link WHERE source = e.id AND lower(type) = ?");
        sql.word(relation);
        if (!others.empty()) {
            sql.add(" AND target IN (");
            sql.marks(others);
            sql.add(")");
        }
        sql.add(
            ") OR EXISTS(SELECT 1 FROM link JOIN entity AS s ON s.id = link.source WHERE link.target = e.name"
            " AND lower(link.back) = ?");
        sql.word(relation);
        if (!others.empty()) {
            sql.add(" AND s.name IN (");
            sql.marks(others);
            sql.add(")");
        }
        sql.add("))");
    }
    // For FTS5: each word as a text of its own, and whatever follows it.
    static std::string beginnings(const std::string& words) {
        std::string all;
        for (const auto& each : split(words, ' ')) {
            std::string quoted;
            for (const char c : each) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
            if (!quoted.empty()) all += "\"" + quoted + "\" * ";
        }
        return all;
    }

    sqlite::Database& database_;
    const Query& query_;
    std::vector<const Condition*> rarest_;  // one of each filter
    std::set<const Condition*> met_;        // by all that the rest of the question leaves
};

Result<Filter> parse_filter(std::string_view text) {
    Filter filter;
    for (const auto& word : split(std::string(text), ',')) {
        const std::string each = small(trim(word));
        const auto equals = each.find('=');
        const std::string key(trim(each.substr(0, equals)));
        if (key.empty())
            return fail(Code::Corrupt,
                        "'" + std::string(text) +
                            "' is no filter: write KEY=VALUE, or KEY alone where any "
                            "value will do, with commas between them, as in kind=component,spec.type=service");
        const auto known = std::ranges::find(filter, key, &Condition::key);
        Condition& condition = known == filter.end() ? filter.emplace_back(key) : *known;
        if (equals != std::string::npos) condition.values.emplace_back(trim(each.substr(equals + 1)));
        if (filter.size() > most_conditions)
            return fail(Code::Corrupt, "a filter takes " + std::to_string(most_conditions) + " keys at most");
    }
    return filter;
}

namespace {

std::string by_order(const Query& query, Sql& sql) {
    std::string order;
    for (const auto& each : query.order) {
        const std::string value =
            "(SELECT min(value) FROM term JOIN term_key ON term_key.id = term.key"
            " WHERE term_key.name = ? AND term.entity = e.id)";
        order += value + (each.descending ? " DESC NULLS LAST, " : " ASC NULLS LAST, ");
        sql.word(each.key);
    }
    return order + "e.name";
}

Number bounded(std::uint64_t value) {
    return static_cast<Number>(std::min<std::uint64_t>(value, INT64_MAX));
}

}  // namespace

Result<std::vector<std::string>> find(Store& store, const Query& query) {
    Asked asked(store, query);
    Sql sql = TRY(asked.matches(Asked::Part::Page));
    const std::string order = by_order(query, sql);
    sql.add(" ORDER BY " + order + (query.before.empty() ? "" : " DESC") + " LIMIT ? OFFSET ?");
    sql.number(bounded(query.limit));
    sql.number(bounded(query.offset));
    std::vector<std::string> names;
    TRY(asked.database().query_with<std::string>(
        "SELECT e.name" + sql.text, [&](std::string name) { names.push_back(std::move(name)); }, sql.values));
    if (!query.before.empty()) std::ranges::reverse(names);
    return names;
}

bool meets(const std::vector<Term>& terms, const std::vector<Filter>& any) {
    const auto has = [&](const Condition& wanted) {
        return std::ranges::any_of(terms, [&](const Term& each) {
            return each.key == wanted.key &&
                   (wanted.values.empty() || (each.value && std::ranges::contains(wanted.values, *each.value)));
        });
    };
    return any.empty() ||
           std::ranges::any_of(any, [&](const Filter& filter) { return std::ranges::all_of(filter, has); });
}

Result<std::uint64_t> count(Store& store, const Query& query) {
    Asked asked(store, query);
    if (const auto known = TRY(asked.known_count())) return static_cast<std::uint64_t>(*known);
    const Sql sql = TRY(asked.matches(Asked::Part::All));
    return static_cast<std::uint64_t>(
        TRY(asked.database().first_with<Number>("SELECT count(*)" + sql.text, sql.values)).value_or(0));
}

Result<std::vector<Facet>> facets(Store& store, const Query& query, const std::string& key) {
    const std::string wanted = small(key);
    std::vector<Facet> all;
    const auto use = [&](std::string value, Number count) {
        all.push_back({std::move(value), static_cast<std::uint64_t>(count)});
    };
    Asked asked(store, query);
    const auto kind = asked.kind_alone();
    if (kind || (query.any.empty() && query.words.empty())) {
        TRY((asked.database().query<std::string, Number>(
            "SELECT written, sum(count) FROM tally JOIN term_key ON term_key.id = tally.key"
            " WHERE term_key.name = ? AND typeof(written) = 'text' AND (?2 IS NULL OR kind = ?2)"
            " GROUP BY written ORDER BY written",
            use, wanted, kind)));
        return all;
    }
    Sql matches = TRY(asked.matches(Asked::Part::All));
    matches.word(wanted);
    // As most have written it.
    TRY((asked.database().query_with<std::string, Number>(
        "SELECT (SELECT written FROM tally WHERE tally.key = term.key AND tally.value = term.value"
        " ORDER BY count DESC, written LIMIT 1) AS written, count(*) FROM (SELECT e.id AS entity" +
            matches.text +
            ") AS m CROSS JOIN term ON term.entity = m.entity AND term.key = (SELECT id FROM term_key WHERE name = ?)"
            " WHERE typeof(value) = 'text' GROUP BY value ORDER BY written",
        use, matches.values)));
    return all;
}

}  // namespace holdfast::catalog
