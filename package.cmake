# The package that mkosi installs into an image: only what runs on a box (COMPONENT box). dpkg resolves the
# libraries. Units, checks and settings are plain files of overlays/.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME holdfast)
set(CPACK_PACKAGE_CONTACT "The Holdfast developers")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "The daemon, command line and health checks of a Holdfast box")
set(CPACK_PACKAGE_VENDOR Holdfast)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_ALL box)
set(CPACK_COMPONENTS_GROUPING ONE_PER_GROUP)
set(CPACK_DEBIAN_BOX_PACKAGE_NAME holdfast)
set(CPACK_DEBIAN_BOX_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# Loaded by name when a TPM is opened.
set(CPACK_DEBIAN_BOX_PACKAGE_DEPENDS libtss2-tcti-device0t64)
# Libraries of cards for a root's key on a token, loaded by name: holdfast hub init --root.
set(CPACK_DEBIAN_BOX_PACKAGE_SUGGESTS opensc)
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
include(CPack)
