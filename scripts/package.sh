# shellcheck shell=bash
# Packages: a .deb and a tarball, what they are made of, and their checksums; part of ./dev, after build.sh.

: "${root_dir:?}"
readonly packages_dir=$root_dir/build/packages

make_packages() {
    local made=$root_dir/build/release/packages version
    step "packaging"
    rm -rf "$made" "$packages_dir"
    (cd "$root_dir/build/release" && cpack) >&2 || die "cpack failed; the reason is above"
    mkdir -p "$packages_dir"
    mv "$made"/*.deb "$made"/*.tar.gz "$packages_dir/"
    rm -rf "$made"
    version=$("$root_dir/build/release/delivery" version | awk '{print $2}')
    "$root_dir/scripts/sbom" "$root_dir/build/release/delivery" "$version" "$root_dir/api/ui/package-lock.json" \
        >"$packages_dir/delivery-$version.spdx.json"
    (cd "$packages_dir" && sha256sum -- * >SHA256SUMS)
    (cd "$packages_dir" && ls -lh >&2)
}
