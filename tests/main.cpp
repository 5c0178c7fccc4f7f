// The main program of every test.
#include <boost/test/unit_test.hpp>

int main(int argc, char** argv) {
    const auto add_nothing = [] { return true; };
    return boost::unit_test::unit_test_main(add_nothing, argc, argv);
}
