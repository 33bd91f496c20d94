# What .ci/run and .ci/deep share. Sourced, never run; expects to be in the top folder of the repository.

export CARGO_TERM_COLOR=never
# Incremental state helps the next build of the same checkout; a checker builds once.
export CARGO_INCREMENTAL="${CARGO_INCREMENTAL:-0}"
# A test that lacks something it needs fails here, instead of being passed over.
export PARLOR_REQUIRE_ALL=1
# Reference data that is not part of the repository; tests read its place from here and from nowhere else.
PARLOR_REFERENCE_DIR="$PWD/../shared"
export PARLOR_REFERENCE_DIR

# The tests of the desk in a real browser.
browser_tests=examples/agent-desktop/tests/browser

# Runs a command as a named stage and says how long it took.
stage() {
    local name=$1 began=$SECONDS
    shift
    printf '\n== %s\n' "$name"
    "$@"
    printf '== %s: %d s\n' "$name" $((SECONDS - began))
}

# Repeats a command that depends on somebody else's server.
retry() {
    local attempt
    for attempt in 1 2 3; do
        if "$@"; then
            return 0
        fi
        printf 'attempt %d failed: %s\n' "$attempt" "$*" >&2
        sleep $((attempt * 5))
    done
    return 1
}

# What the tests need of the system, where it is missing.
install_packages() {
    local missing=() as_root=()
    command -v cc >/dev/null && command -v g++ >/dev/null || missing+=(g++)
    command -v node >/dev/null || missing+=(nodejs)
    command -v npm >/dev/null || missing+=(npm)
    command -v chromium >/dev/null || missing+=(chromium)
    # A server that the tests of the PostgreSQL store start for themselves.
    ls -d /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null || missing+=(postgresql)
    python3 -c 'import ensurepip' 2>/dev/null || missing+=(python3-venv)
    # Without it emoji are drawn in black and white, or not at all.
    dpkg-query -W -f='${Status}' fonts-noto-color-emoji 2>/dev/null | grep -q 'ok installed' ||
        missing+=(fonts-noto-color-emoji)
    if [ ${#missing[@]} -eq 0 ]; then
        return
    fi
    if [ "$(id -u)" -ne 0 ]; then
        as_root=(sudo -n)
    fi
    export DEBIAN_FRONTEND=noninteractive
    retry "${as_root[@]}" apt-get update -q
    retry "${as_root[@]}" apt-get install -q -y --no-install-recommends "${missing[@]}"
}

# The parts of the tool chain that are not in its smallest installation.
install_components() {
    cargo fmt --version >/dev/null 2>&1 || retry rustup component add rustfmt
    cargo clippy --version >/dev/null 2>&1 || retry rustup component add clippy
}

# What drives the browser, in the versions of the lock file.
install_browser_driver() {
    if [ ! -f "$browser_tests/package-lock.json" ]; then
        printf '%s has no package-lock.json: the browser tests are missing from this checkout\n' "$browser_tests" >&2
        return 1
    fi
    retry npm --prefix "$browser_tests" ci --no-audit --no-fund --ignore-scripts
}

# The clients of providers that judge our simulators and adapters.
install_peers() {
    retry tests/peers/run install
}

install_all() {
    install_packages
    install_components
    install_browser_driver
    install_peers
    # Fails when the lock file does not fit the manifests.
    retry cargo fetch --locked
}
