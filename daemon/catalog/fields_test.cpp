#include "catalog/fields.hpp"

#include "base/cbor.hpp"

#include <boost/test/unit_test.hpp>

using namespace holdfast;
using namespace holdfast::catalog;

BOOST_AUTO_TEST_CASE(a_document_comes_back_as_it_was) {
    const auto document = Json::parse(R"({"kind": "Component", "metadata": {"name": "a", "annotations":
        {"backstage.io/x~y": "z", "": 1}, "tags": ["b", {"c": []}]}, "spec": {"empty": {}, "none": null, "n": -1.5}})");
    const auto fields = fields_of(document);
    BOOST_TEST(fields.contains("/metadata/annotations/backstage.io~1x~0y"));
    BOOST_TEST(fields.contains("/metadata/tags"));
    BOOST_TEST(!fields.contains("/metadata/tags/0"));
    BOOST_TEST(fields.contains("/spec/empty"));
    BOOST_TEST((document_of(fields).value() == document));
    BOOST_TEST(fields_of(Json::object()).empty());
}

BOOST_AUTO_TEST_CASE(a_map_and_a_value_at_one_place_are_the_map) {
    const Fields both{{"/a", cbor::write(5)}, {"/a/b", cbor::write("c")}, {"/a.x", cbor::write(1)}};
    BOOST_TEST((document_of(both).value() == Json::parse(R"({"a": {"b": "c"}, "a.x": 1})")));
}

BOOST_AUTO_TEST_CASE(what_is_no_field_is_refused) {
    BOOST_TEST((document_of({{"a", cbor::write(5)}}).error().code == Code::Corrupt));
    BOOST_TEST((document_of({{"/a~2", cbor::write(5)}}).error().code == Code::Corrupt));
    BOOST_TEST(document_of({{"/a", "\xff"}}).error().what.starts_with("/a: "));
}
