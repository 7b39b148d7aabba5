#!/bin/sh
# Fills the root of the image: sh infra/image/assemble.sh PACKAGE ROOT, on a Debian with node, git and ca-certificates. PACKAGE is
# the tarball of `npm pack`, ROOT an empty directory. kubectl and Helm come from the npm package that headgate pins by its digest.
set -eu
package=$1
root=$2

# Copies a program and the libraries that it loads, links followed, to the paths that they have here.
program() {
  from=$(readlink -f "$(command -v "$1")")
  install -D --mode 755 "$from" "$root${2:-$from}"
  ldd "$from" | grep -o '/[^ ]*' | while read -r library; do
    [ -e "$root$library" ] || install -D --mode 755 "$(readlink -f "$library")" "$root$library"
  done
}

mkdir -p "$root/etc/ssl/certs" "$root/opt/headgate" "$root/bin" "$root/usr/share/git-core/templates"
program node /usr/bin/node
program git /usr/bin/git
# kustomize clones remote bases with `git fetch` over HTTPS and `git submodule update`, which is a shell script.
libexec=$(git --exec-path)
program "$libexec/git-remote-https" "$libexec/git-remote-https"
program "$libexec/git-sh-i18n--envsubst" "$libexec/git-sh-i18n--envsubst"
for script in git-submodule git-sh-setup git-sh-i18n; do install -D --mode 755 "$libexec/$script" "$root$libexec/$script"; done
for name in dash sed basename uname; do program "$name" "/usr/bin/$name"; done
ln -s ../usr/bin/dash "$root/bin/sh"
ln -s ../../bin/git "$root$libexec/git"
# Renderers run without a network, where the platform allows user namespaces (src/sandbox/isolation.ts).
program unshare /usr/bin/unshare
program "$(which true)" /bin/true

cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
printf 'nonroot:x:65532:65532::/tmp:/usr/sbin/nologin\n' > "$root/etc/passwd"
printf 'nonroot:x:65532:\n' > "$root/etc/group"
mkdir --mode 1777 "$root/tmp"

tar --extract --file "$package" --directory "$root/opt/headgate" --strip-components 1
node "$(dirname "$0")/fetch-tools.ts" "$root/opt/headgate/cache"
