#include "boot/guid.hpp"

#include <boost/test/unit_test.hpp>

using namespace holdfast;
using namespace holdfast::boot;
using namespace std::string_literals;

// EFI_GLOBAL_VARIABLE: UEFI 2.10, section 3.3, gives the fields; appendix A their order.
BOOST_AUTO_TEST_CASE(the_first_three_fields_are_little_endian) {
    const std::string bytes = "\x61\xdf\xe4\x8b\xca\x93\xd2\x11\xaa\x0d\x00\xe0\x98\x03\x2b\x8c"s;
    const std::string text = "8be4df61-93ca-11d2-aa0d-00e098032b8c";
    BOOST_TEST(guid_text(bytes).value() == text);
    BOOST_TEST(guid_bytes(text).value() == bytes);
    BOOST_TEST(guid_bytes("8BE4DF61-93CA-11D2-AA0D-00E098032B8C").value() == bytes);
}

BOOST_AUTO_TEST_CASE(what_is_no_guid_is_refused) {
    for (const char* text :
         {"", "8be4df61", "8be4df61-93ca-11d2-aa0d-00e098032b8", "8be4df61093ca-11d2-aa0d-00e098032b8c",
          "8be4df61-93ca-11d2-aa0d-00e098032b8c0", "8be4df61-93ca-11d2-aa0d-00e098032b8x",
          "-be4df61-93ca-11d2-aa0d-00e098032b8c", "+1e4df61-93ca-11d2-aa0d-00e098032b8c"})
        BOOST_TEST(!guid_bytes(text), text);
    BOOST_TEST(!guid_text("short"));
}
