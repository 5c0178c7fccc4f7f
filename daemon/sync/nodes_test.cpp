#include "sync/nodes.hpp"

#include "base/digest_blob.hpp"
#include "base/text.hpp"
#include "sync/batch.hpp"
#include "sync/test_box.hpp"

using namespace holdfast;
using namespace holdfast::sync;
using namespace holdfast::sync::test;

BOOST_AUTO_TEST_CASE(a_node_is_called_by_its_box_its_site_its_id_or_its_number) {
    const std::string id = "spiffe://clinic.example/site/north/box/pump-2";
    const auto origin = sha256("pump-2");
    for (const auto& name : {std::string("pump-2"), std::string("north/pump-2"), id, hex(origin).substr(0, 8)})
        BOOST_TEST(is_called(id, origin, name), name);
    for (const auto& name :
         {std::string("2"), std::string("box/pump-2"), std::string("pump"), hex(origin).substr(0, 3)})
        BOOST_TEST(!is_called(id, origin, name), name);
    // What is no node's ID has a number all the same.
    BOOST_TEST(is_called("node 12", origin, hex(origin)));
    BOOST_TEST(!is_called("node 12", origin, ""));
}

// Written by the program of before its rows had a table of their own.
BOOST_AUTO_TEST_CASE(nodes_that_an_older_program_knew_are_known) {
    const Scratch scratch = good(Scratch::make("nodes"));
    const auto file = scratch.path() / "nodes.db";
    const Trust trust;
    const Box box(trust, Box::made(scratch.path() / "box"), "north", "pump-2");
    const Vector have{{{box.node.origin(), feed::Class::Audit}, 7}};
    constexpr const char* then[] = {
        "CREATE TABLE node(origin BLOB PRIMARY KEY, id TEXT NOT NULL, chain BLOB NOT NULL, heard INTEGER NOT NULL,"
        " have BLOB NOT NULL) WITHOUT ROWID;",
        "ALTER TABLE node ADD COLUMN site TEXT NOT NULL DEFAULT '';"
        "ALTER TABLE node ADD COLUMN came INTEGER NOT NULL DEFAULT 0;"
        "ALTER TABLE node ADD COLUMN number INTEGER NOT NULL DEFAULT 0;"
        "ALTER TABLE node ADD COLUMN quarantine TEXT NOT NULL DEFAULT '';"
        "CREATE INDEX node_by_site ON node(site);",
    };
    {
        auto old = good(sqlite::Database::open(file, then, {.write_ahead = true}));
        good(
            old.run("INSERT INTO node(origin, id, chain, heard, have, site, came, number, quarantine)"
                    " VALUES(?, ?, ?, 11, ?, 'north', 12, 13, 'two histories')",
                    sqlite::view(box.node.origin()), "spiffe://example.net/site/north/box/pump-2",
                    sqlite::BlobView{write_chain(box.chain)}, sqlite::BlobView{write_vector(have)}));
    }
    auto nodes = good(Nodes::open(file));
    const auto all = good(nodes.of_site("north"));
    BOOST_REQUIRE(all.size() == 1U);
    BOOST_TEST((all.front().origin == box.node.origin() && all.front().chain == box.chain && all.front().have == have));
    BOOST_TEST(all.front().heard == 11);
    BOOST_TEST(all.front().came == 12);
    BOOST_TEST(all.front().number == 13U);
    BOOST_TEST(all.front().quarantine == "two histories");
    BOOST_TEST(good(nodes.release(box.node.origin())));
    BOOST_TEST(good(nodes.find(box.node.origin())).value().quarantine == "");
}
