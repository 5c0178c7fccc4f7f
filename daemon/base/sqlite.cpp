#include "base/sqlite.hpp"

#include "base/crash_point.hpp"
#include "base/handle.hpp"

#include <cerrno>
#include <cstring>
#include <sqlite3.h>
#include <unistd.h>

namespace holdfast::sqlite {

namespace {

using Statement = Handle<sqlite3_stmt, sqlite3_finalize>;

// The kernel's number behind an error of SQLite, or 0. Where SQLite can make no file it tries to open it for reading
// and tells about that: "no such file", whatever the reason was.
int kernel_number(sqlite3* connection, const std::filesystem::path& file) {
    const int primary = sqlite3_errcode(connection) & 0xff;
    if (primary != SQLITE_CANTOPEN && primary != SQLITE_IOERR) return 0;
    const int number = sqlite3_system_errno(connection);
    const auto folder = std::filesystem::absolute(file).parent_path();
    if (primary == SQLITE_IOERR || number != ENOENT || ::access(folder.c_str(), F_OK) != 0) return number;
    return ::access(folder.c_str(), W_OK) == 0 ? ENOSPC : errno;
}

Code code_of(int error, int number) {
    switch (error & 0xff) {
        case SQLITE_FULL: return Code::NoSpace;
        case SQLITE_BUSY:
        case SQLITE_LOCKED: return Code::Busy;
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB: return Code::Corrupt;
        case SQLITE_READONLY:
        case SQLITE_PERM:
        case SQLITE_AUTH: return Code::Denied;
        case SQLITE_CANTOPEN: return number == 0 ? Code::NotFound : system_error(number, "", "").code;
        case SQLITE_IOERR: return number == 0 ? Code::Corrupt : system_error(number, "", "").code;
        default: return Code::Bug;
    }
}

std::string_view what_next(Code code) {
    switch (code) {
        case Code::Corrupt: return "; move it away, and a new one is made";
        case Code::NoSpace: return "; make room in it or on its disk";
        case Code::Busy: return "; another program is at it, try again";
        case Code::Denied: return ::geteuid() == 0 ? "" : "; do it as root (sudo)";
        default: return "";
    }
}

// SQLite's words, with the kernel's where the kernel refused. To be called at once: the next call into SQLite changes
// them.
Error error_of(sqlite3* connection, const std::filesystem::path& file, std::string_view doing) {
    const int number = kernel_number(connection, file);
    const Code code = code_of(sqlite3_errcode(connection), number);
    std::string words = file.string() + ": " + std::string(doing) + ": " + sqlite3_errmsg(connection);
    if (number != 0) words += std::string(" (") + std::strerror(number) + ")";
    return {code, words + std::string(what_next(code))};
}

// The name is the absolute one; empty for an open that failed.
std::string file_of(sqlite3* connection) {
    const char* file = sqlite3_db_filename(connection, "main");
    return file == nullptr ? "" : file;
}

std::unexpected<Error> refuse(sqlite3* connection, std::string_view doing) {
    return std::unexpected(error_of(connection, file_of(connection), doing));
}

Result<> execute_all(sqlite3* connection, const std::string& sql, std::string_view doing) {
    if (sqlite3_exec(connection, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) return refuse(connection, doing);
    return {};
}

// The number that a PRAGMA answers with.
Result<std::int64_t> setting(sqlite3* connection, const char* pragma) {
    sqlite3_stmt* raw = nullptr;
    const int prepared = sqlite3_prepare_v2(connection, pragma, -1, &raw, nullptr);
    const Statement statement(raw);
    if (prepared != SQLITE_OK || sqlite3_step(raw) != SQLITE_ROW) return refuse(connection, "cannot open");
    return sqlite3_column_int64(raw, 0);
}

// A rollback journal unless a log was asked for once, which the file remembers: at rest there is one file and nothing
// beside it, and it can be read on a full or read-only disk, where a log could not even be opened (it needs a third
// file to be written). EXTRA is FULL and syncs the folder, too: without that, a cut just after a commit could bring the
// journal back and undo the commit. Temporary tables stay in memory, so that nothing is written anywhere else.
Result<> settle(sqlite3* connection, const Options& options) {
    sqlite3_busy_timeout(connection, static_cast<int>(options.wait.count()));
    TRY(execute_all(connection,
                    std::string(options.write_ahead ? "PRAGMA journal_mode=WAL;" : "") +
                        "PRAGMA synchronous=EXTRA; PRAGMA foreign_keys=ON;"
                        "PRAGMA temp_store=MEMORY; PRAGMA cell_size_check=ON",
                    "cannot open"));
    // The files beside it stay, so that it can be opened and read where the disk has no room for new ones.
    int stays = 1;
    if (options.write_ahead) sqlite3_file_control(connection, "main", SQLITE_FCNTL_PERSIST_WAL, &stays);
    TRY(execute_all(connection, "PRAGMA cache_size=-" + std::to_string(options.cache / 1024), "cannot open"));
    const auto page = TRY(setting(connection, "PRAGMA page_size"));
    const auto pages = options.limit / static_cast<std::uint64_t>(page);
    return execute_all(connection, "PRAGMA max_page_count=" + std::to_string(pages), "cannot limit its size");
}

Result<std::size_t> applied(sqlite3* connection) {
    const auto version = TRY(setting(connection, "PRAGMA user_version"));
    if (version < 0)
        return fail(Code::Corrupt, file_of(connection) + ": its version is negative, which none of ours is");
    return static_cast<std::size_t>(version);
}

// A statement with no values and no rows.
Result<> step(sqlite3* connection, sqlite3_stmt* statement, std::string_view doing) {
    const Result<> done = sqlite3_step(statement) == SQLITE_DONE ? Result<>() : Result<>(refuse(connection, doing));
    sqlite3_reset(statement);
    return done;
}

Result<> apply_next(sqlite3* connection, const Transaction::Words& words, Migrations migrations) {
    auto transaction = TRY(Transaction::begin(connection, words));
    // Once more, now that nobody else writes: another program may have been faster.
    const auto done = TRY(applied(connection));
    if (done >= migrations.size()) return {};
    const std::string number = std::to_string(done + 1);
    TRY(execute_all(connection, migrations[done], "migration " + number));
    TRY(execute_all(connection, "PRAGMA user_version=" + number, "migration " + number));
    crash_point("sqlite.migrated");
    TRY(transaction.commit());
    crash_point("sqlite.committed");
    return {};
}

int bind(sqlite3_stmt* statement, int at, std::monostate) {
    return sqlite3_bind_null(statement, at);
}
int bind(sqlite3_stmt* statement, int at, std::int64_t number) {
    return sqlite3_bind_int64(statement, at, number);
}
int bind(sqlite3_stmt* statement, int at, double number) {
    return sqlite3_bind_double(statement, at, number);
}
int bind(sqlite3_stmt* statement, int at, std::string_view text) {
    // A null pointer would be NULL, not the empty text. SQLITE_STATIC (a null pointer): the statement ends before the
    // text.
    return sqlite3_bind_text64(statement, at, text.data() == nullptr ? "" : text.data(), text.size(), nullptr,
                               SQLITE_UTF8);
}

int bind(sqlite3_stmt* statement, int at, BlobView blob) {
    return sqlite3_bind_blob64(statement, at, blob.bytes.data() == nullptr ? "" : blob.bytes.data(), blob.bytes.size(),
                               nullptr);
}

// SQLite would take a missing value for NULL without a word.
Result<> fits(sqlite3_stmt* statement, std::string_view sql, std::size_t values, int columns) {
    const auto wrong = [&](const std::string& what) {
        return fail(Code::Bug, file_of(sqlite3_db_handle(statement)) + ": " + std::string(sql) + ": " + what);
    };
    if (const int wanted = sqlite3_bind_parameter_count(statement); wanted != static_cast<int>(values))
        return wrong(std::to_string(values) + " values for " + std::to_string(wanted) + " places");
    if (const int given = sqlite3_column_count(statement); columns > 0 && given != columns)
        return wrong(std::to_string(columns) + " columns asked of " + std::to_string(given));
    return {};
}

Result<> bind_all(sqlite3_stmt* statement, std::string_view sql, std::span<const Value> values) {
    int at = 0;
    for (const Value& value : values) {
        const int bound = std::visit([&](const auto& each) { return bind(statement, ++at, each); }, value.get());
        if (bound != SQLITE_OK) return refuse(sqlite3_db_handle(statement), sql);
    }
    return {};
}

}  // namespace

bool Row::is_null(int column) const {
    return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

Result<> Row::need(int column, int type, std::string_view expected) const {
    if (sqlite3_column_type(statement_, column) == type) return {};
    return fail(Code::Corrupt, file_of(sqlite3_db_handle(statement_)) + ": " + sqlite3_sql(statement_) + ": column '" +
                                   sqlite3_column_name(statement_, column) + "' does not hold " +
                                   std::string(expected));
}

Result<> Row::read(int column, std::int64_t& into) const {
    TRY(need(column, SQLITE_INTEGER, "a whole number"));
    into = sqlite3_column_int64(statement_, column);
    return {};
}

Result<> Row::read(int column, double& into) const {
    TRY(need(column, SQLITE_FLOAT, "a number with a fraction"));
    into = sqlite3_column_double(statement_, column);
    return {};
}

Result<> Row::read(int column, std::string& into) const {
    TRY(need(column, SQLITE_TEXT, "text"));
    const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
    into.assign(bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)));
    return {};
}

Result<> Row::read(int column, Blob& into) const {
    TRY(need(column, SQLITE_BLOB, "bytes"));
    const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_, column));
    into.bytes.assign(bytes == nullptr ? "" : bytes,
                      static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)));
    return {};
}

Result<Transaction> Transaction::begin(sqlite3* connection, const Words& words) {
    TRY(step(connection, words.begin, "cannot begin a transaction"));
    return Transaction(connection, words.commit);
}

Transaction::~Transaction() {
    // A full disk may have rolled it back already.
    if (connection_ != nullptr && sqlite3_get_autocommit(connection_) == 0)
        static_cast<void>(execute_all(connection_, "ROLLBACK", "cannot roll back"));
}

Result<> Transaction::commit() {
    TRY(step(connection_, commit_, "cannot commit"));
    connection_ = nullptr;
    return {};
}

// The log that stays beside it stays empty: what is in the file counts, and nothing that was in it before.
void Database::Close::operator()(sqlite3* connection) const noexcept {
    sqlite3_exec(connection, "PRAGMA journal_size_limit=0", nullptr, nullptr, nullptr);
    sqlite3_close_v2(connection);
}

Result<Database> Database::open(const std::filesystem::path& file, Migrations migrations, const Options& options) {
    sqlite3* raw = nullptr;
    const int opened = sqlite3_open_v2(file.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
    Database database{Connection(raw)};
    if (opened != SQLITE_OK) return std::unexpected(error_of(raw, file, "cannot open"));
    TRY(settle(raw, options));
    database.begin_ = TRY(database.parsed("BEGIN IMMEDIATE"));
    database.commit_ = TRY(database.parsed("COMMIT"));
    while (TRY(applied(raw)) < migrations.size()) TRY(apply_next(raw, database.words(), migrations));
    return database;
}

void Database::Finalize::operator()(sqlite3_stmt* statement) const noexcept {
    sqlite3_finalize(statement);
}

Result<Database::Statement> Database::parsed(std::string_view sql) const {
    sqlite3_stmt* raw = nullptr;
    const char* end = nullptr;
    const int prepared = sqlite3_prepare_v2(connection_.get(), sql.data(), static_cast<int>(sql.size()), &raw, &end);
    Statement statement(raw);
    if (prepared != SQLITE_OK) return refuse(connection_.get(), sql);
    // SQLite would drop a second statement without a word.
    if (raw == nullptr || std::string_view(end, sql.end()).find_first_not_of(" \t\n;") != std::string_view::npos)
        return fail(Code::Bug, file_of(connection_.get()) + ": " + std::string(sql) + ": not one statement");
    return statement;
}

// One that is in use, by a query whose rows ask the same again, is parsed once more.
Result<sqlite3_stmt*> Database::statement(std::string_view sql, Statement& own) {
    const auto kept = parsed_.find(sql);
    if (kept != parsed_.end() && !kept->second.in_use) {
        kept->second.in_use = true;
        return kept->second.statement.get();
    }
    own = TRY(parsed(sql));
    return own.get();
}

void Database::put_back(std::string_view sql, sqlite3_stmt* statement, Statement own) {
    constexpr std::size_t most = 64;
    // What it failed with was told already; a lock or a text that it still held would not outlive this.
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    if (own == nullptr)
        parsed_.find(sql)->second.in_use = false;
    else if (parsed_.size() < most)
        parsed_.try_emplace(std::string(sql), std::move(own));
}

Result<std::int64_t> Database::execute(std::string_view sql, std::span<const Value> values, int columns,
                                       const Each& each) {
    Statement own;
    sqlite3_stmt* const ready = TRY(statement(sql, own));
    const auto finish = [&]() -> Result<std::int64_t> {
        TRY(fits(ready, sql, values.size(), columns));
        TRY(bind_all(ready, sql, values));
        while (true) {
            const int step = sqlite3_step(ready);
            if (step == SQLITE_DONE) return sqlite3_changes64(connection_.get());
            if (step != SQLITE_ROW) return refuse(connection_.get(), sql);
            if (each && !TRY(each(Row(ready)))) return 0;
        }
    };
    auto done = finish();
    put_back(sql, ready, std::move(own));
    return done;
}

Result<> Database::check() {
    const auto words = TRY(first<std::string>("PRAGMA integrity_check(1)"));
    if (words == "ok") return {};
    return fail(Code::Corrupt, file_of(connection_.get()) + ": damaged: " + words.value_or("no answer") +
                                   std::string(what_next(Code::Corrupt)));
}

}  // namespace holdfast::sqlite
