// SQLite: one file, typed values in and out, and a schema that only grows.
#pragma once

#include "base/file.hpp"
#include "base/result.hpp"

#include <array>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

struct sqlite3;
struct sqlite3_stmt;

namespace holdfast::sqlite {

// A list that only grows; each entry is one or more statements and is applied in one transaction. The file remembers
// how many it has had. /var belongs to both slots: after a fall back, an older program opens what a newer one has
// migrated. So an entry only adds what an older INSERT and SELECT do not trip over (tables, indexes that are not
// UNIQUE, columns that may be NULL or have a default), statements name their columns, and a file that is ahead of the
// list is taken as it is: never refused, never turned back.
using Migrations = std::span<const char* const>;

struct Options {
    std::chrono::milliseconds wait{5000};  // for the transaction of another program; then Busy
    std::uint64_t limit = 256 * mebibyte;  // bytes that the file may grow to; then NoSpace, and reading goes on
    // A commit syncs once instead of four times. While somebody has the file open a log and its index lie beside it,
    // and it cannot be opened on a full or read-only disk.
    bool write_ahead = false;
    std::uint64_t cache = 2 * mebibyte;  // bytes of the file that are kept in memory at the most
};

// Bytes that are no text: BLOB.
struct Blob {
    std::string bytes;
    bool operator==(const Blob&) const = default;
};
struct BlobView {
    std::string_view bytes;
};

// What a `?` of a statement stands for. A text or a blob is only looked at: it must outlive the call.
class Value {
public:
    Value(std::nullopt_t) {}
    Value(double number) : value_(number) {}
    template <std::integral T>
        requires(std::signed_integral<T> || sizeof(T) < sizeof(std::int64_t))
    Value(T number) : value_(std::int64_t{number}) {}
    template <std::convertible_to<std::string_view> T>
    Value(const T& text) : value_(std::string_view(text)) {}
    Value(BlobView blob) : value_(blob) {}
    Value(const Blob& blob) : value_(BlobView{blob.bytes}) {}
    template <class T>
    Value(const std::optional<T>& perhaps) {
        if (perhaps) *this = Value(*perhaps);
    }
    const auto& get() const { return value_; }

private:
    std::variant<std::monostate, std::int64_t, double, std::string_view, BlobView> value_;
};

// The row that a statement stands at. A column of another type than asked for is Corrupt: nothing is converted, and
// NULL is only ever read as an optional.
class Row {
public:
    explicit Row(sqlite3_stmt* statement) : statement_(statement) {}
    Result<> read(int column, std::int64_t& into) const;
    Result<> read(int column, double& into) const;
    Result<> read(int column, std::string& into) const;
    Result<> read(int column, Blob& into) const;
    template <class T>
    Result<> read(int column, std::optional<T>& into) const {
        into.reset();
        return is_null(column) ? Result<>() : read(column, into.emplace());
    }

private:
    bool is_null(int column) const;
    Result<> need(int column, int type, std::string_view expected) const;
    sqlite3_stmt* statement_;
};

template <class T>
concept Column = requires(const Row row, T value) { row.read(0, value); };

// One column is its value, several are a tuple.
template <Column... T>
using Record =
    std::tuple_element_t<sizeof...(T) == 1, std::tuple<std::tuple<T...>, std::tuple_element_t<0, std::tuple<T...>>>>;

// Rolls back unless commit() went well. BEGIN IMMEDIATE: it waits for other writers here, not in the middle. The
// database must outlive it.
class Transaction {
public:
    // Its statements, parsed once for all transactions of a connection.
    struct Words {
        sqlite3_stmt *begin = nullptr, *commit = nullptr;
    };
    static Result<Transaction> begin(sqlite3* connection, const Words& words);
    Transaction(Transaction&& other) noexcept
        : connection_(std::exchange(other.connection_, nullptr)), commit_(other.commit_) {}
    Transaction& operator=(Transaction&&) = delete;
    ~Transaction();
    // Durable once this returns. May be called again where it was Busy.
    Result<> commit();

private:
    Transaction(sqlite3* connection, sqlite3_stmt* commit) : connection_(connection), commit_(commit) {}
    sqlite3* connection_;
    sqlite3_stmt* commit_;
};

// For one thread at a time, and not for use across a fork. An Error names the file. Busy: another program held it for
// too long. NoSpace: the disk is full, nothing of the statement (or of its transaction) is left. Bug: the statement is
// wrong, or a constraint forbids it.
class Database {
public:
    // Opens the file, or makes it in a folder that is there, and applies the migrations that it has not had. NotFound:
    // no such folder. Corrupt: no database, or a damaged one.
    static Result<Database> open(const std::filesystem::path& file, Migrations migrations, const Options& options = {});

    // One statement. Gives the number of rows that an INSERT, UPDATE or DELETE touched.
    template <class... V>
    Result<std::int64_t> run(std::string_view sql, const V&... values) {
        return execute(sql, std::array<Value, sizeof...(V)>{Value(values)...}, 0, {});
    }

    // Hands the columns of each row to `use`, which returns nothing or a Result<>; an Error ends the query:
    //   query<std::int64_t, std::string>("SELECT id, name FROM t WHERE id > ?", [&](std::int64_t id, std::string name)
    //   {…}, 7)
    template <Column... T, class Use, class... V>
    Result<> query(std::string_view sql, Use&& use, const V&... values);

    // The same, with as many values as were found out.
    template <Column... T, class Use>
    Result<> query_with(std::string_view sql, Use&& use, std::span<const Value> values);

    // All rows, for results that are known to be small.
    template <Column... T, class... V>
    Result<std::vector<Record<T...>>> rows(std::string_view sql, const V&... values);

    // The first row, if there is one.
    template <Column... T, class... V>
    Result<std::optional<Record<T...>>> first(std::string_view sql, const V&... values);
    template <Column... T>
    Result<std::optional<Record<T...>>> first_with(std::string_view sql, std::span<const Value> values);

    Result<Transaction> begin() { return Transaction::begin(connection_.get(), words()); }

    // Reads all of it: Corrupt where its pages and indexes do not fit together.
    Result<> check();

private:
    struct Close {
        void operator()(sqlite3* connection) const noexcept;
    };
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const noexcept;
    };
    using Connection = std::unique_ptr<sqlite3, Close>;
    using Statement = std::unique_ptr<sqlite3_stmt, Finalize>;
    using Each = std::function<Result<bool>(const Row&)>;  // false: enough

    explicit Database(Connection connection) : connection_(std::move(connection)) {}
    Result<Statement> parsed(std::string_view sql) const;
    Transaction::Words words() const { return {begin_.get(), commit_.get()}; }
    // One that was parsed before; else `own` gets it.
    Result<sqlite3_stmt*> statement(std::string_view sql, Statement& own);
    void put_back(std::string_view sql, sqlite3_stmt* statement, Statement own);
    Result<std::int64_t> execute(std::string_view sql, std::span<const Value> values, int columns, const Each& each);
    template <Column... T>
    static Result<std::tuple<T...>> read_all(const Row& row);

    Connection connection_;
    Statement begin_, commit_;
    struct Parsed {
        Statement statement;
        bool in_use = false;
    };
    struct HashOfText {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
    };
    std::unordered_map<std::string, Parsed, HashOfText, std::equal_to<>> parsed_;  // by their text
};

template <Column... T>
Result<std::tuple<T...>> Database::read_all(const Row& row) {
    std::tuple<T...> values;
    Result<> done;
    int column = 0;
    std::apply([&](auto&... each) { (void)((done = row.read(column++, each)).has_value() && ...); }, values);
    if (!done) return std::unexpected(std::move(done).error());
    return values;
}

template <Column... T, class Use, class... V>
Result<> Database::query(std::string_view sql, Use&& use, const V&... values) {
    return query_with<T...>(sql, use, std::array<Value, sizeof...(V)>{Value(values)...});
}

template <Column... T, class Use>
Result<> Database::query_with(std::string_view sql, Use&& use, std::span<const Value> values) {
    const auto each = [&](const Row& row) -> Result<bool> {
        auto columns = TRY(read_all<T...>(row));
        if constexpr (std::is_void_v<std::invoke_result_t<Use&, T...>>)
            std::apply(use, std::move(columns));
        else
            TRY(std::apply(use, std::move(columns)));
        return true;
    };
    TRY(execute(sql, values, sizeof...(T), each));
    return {};
}

template <Column... T, class... V>
Result<std::vector<Record<T...>>> Database::rows(std::string_view sql, const V&... values) {
    std::vector<Record<T...>> all;
    TRY(query<T...>(sql, [&](T... columns) { all.emplace_back(std::move(columns)...); }, values...));
    return all;
}

template <Column... T, class... V>
Result<std::optional<Record<T...>>> Database::first(std::string_view sql, const V&... values) {
    return first_with<T...>(sql, std::array<Value, sizeof...(V)>{Value(values)...});
}

template <Column... T>
Result<std::optional<Record<T...>>> Database::first_with(std::string_view sql, std::span<const Value> values) {
    std::optional<Record<T...>> found;
    const auto each = [&](const Row& row) -> Result<bool> {
        auto columns = TRY(read_all<T...>(row));
        std::apply([&](T&... column) { found.emplace(std::move(column)...); }, columns);
        return false;
    };
    TRY(execute(sql, values, sizeof...(T), each));
    return found;
}

}  // namespace holdfast::sqlite
