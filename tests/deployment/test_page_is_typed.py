"""The page of the deployment is typed, block after block as it stands, on a machine to throw away.

What is in capitals is filled in, as the page asks. Everything is real that can be without a network
and without systemd: PostgreSQL as Debian sets it up, nginx on its ports with the shipped file and a
certificate, the account of the app, the ownership of what it writes, git.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator

import bare_machine
import postgres
import pytest

PAGE = bare_machine.ROOT / "docs" / "deployment.md"
NEEDED = ("unshare", "nginx", "openssl", "git", "curl", "make", "pg_createcluster", "runuser")
SITE = "pora.sumsel.example"
CERTIFICATE = "/srv/certificate"
FILLED_IN = {
    "ADDRESS-OF-THIS-REPOSITORY": str(bare_machine.REPOSITORY),
    "NAME-OF-THE-SITE": SITE,
    "FOLDER-OF-THE-CERTIFICATE": CERTIFICATE,
    "NAME": "siti",
}
TABLES = ("reports", "batches", "users", "user_roles")
READY = "curl --fail --silent --retry 60 --retry-delay 1 --retry-connrefused 127.0.0.1:{}/readyz"
FROM_OUTSIDE = (
    f"curl --fail --silent --show-error --cacert {CERTIFICATE}/fullchain.pem "
    f"--resolve {SITE}:443:127.0.0.1"
)
pytestmark = pytest.mark.postgres


def blocks(section: str) -> list[str]:
    """Return the blocks of commands in a section of the page."""
    (text,) = re.findall(rf"^## {section}\n(.*?)(?=^## |\Z)", PAGE.read_text("utf-8"), re.M | re.S)
    return re.findall(r"^```sh\n(.*?)^```", text, re.M | re.S)


class Operator:
    """Whoever follows the page."""

    def __init__(self, machine: bare_machine.Machine) -> None:
        self.says = machine.says
        self.link = ""

    def types(self, block: str, **filled_in: str) -> str:
        """Type a block in a new shell and look after each line whether it went well."""
        for word, value in (FILLED_IN | filled_in).items():
            block = re.sub(rf"\b{word}\b", value, block)
        lines = block.replace("\\\n", "").splitlines()
        # `a && b` alone would go on after an `a` that failed.
        return self.says("\n".join(["set -x", *(f"{line}\n[ $? = 0 ]" for line in lines)]))

    def asks(self, query: str) -> str:
        psql = "runuser -u postgres -- psql -v ON_ERROR_STOP=1 --tuples-only --no-align geo_pora"
        return self.says(f"cd / && {psql}", stdin=query).strip()

    def sees_the_site(self) -> None:
        """Wait until both processes are ready; then ask through the proxy, by the site's name."""
        for port in (8001, 8002):
            self.says(READY.format(port))
        assert "ready" in self.says(f"{FROM_OUTSIDE} https://{SITE}/readyz")

    def stored(self) -> list[str]:
        """Return what a restore has to bring back."""
        # A list that is empty comes back as an empty text.
        row = "replace(t::text, '\"\"', '')"
        query = f"SELECT count(*), md5(string_agg({row}, '|' ORDER BY {row})) FROM {{}} t"
        tables = [self.asks(query.format(table)) for table in TABLES]
        return [*tables, self.says("cd /var/lib/geo-pora && md5sum secret_key boundaries/*/*")]


@pytest.fixture(scope="module", name="operator")
def operator_fixture() -> Iterator[Operator]:
    missing = [program for program in NEEDED if shutil.which(program) is None]
    if postgres.programs() is None:
        missing.append("PostgreSQL with PostGIS")
    if missing:
        pytest.skip(
            f"NO {', '.join(missing)} ON THIS MACHINE: the page of the deployment is NOT TYPED; "
            "run .ci/install-for-tests"
        )
    root = bare_machine.as_root()
    if root is None:
        pytest.skip(
            "NAMESPACES ARE NOT ALLOWED HERE: the page of the deployment is NOT TYPED; run as "
            "root, or with sudo that asks for no password, where mounting is allowed"
        )
    machine = bare_machine.Machine(root)
    try:
        yield Operator(machine)
    finally:
        machine.end()


def test_every_block_belongs_to_a_test() -> None:
    asked = [len(blocks(section)) for section in ("Install", "Retention", "Backups", "Upgrade")]
    assert asked == [2, 1, 3, 1]
    assert sum(asked) == PAGE.read_text("utf-8").count("```sh")


def test_install(operator: Operator) -> None:
    operator.says(
        f"mkdir {CERTIFICATE}; cd {CERTIFICATE}; openssl req -x509 -newkey ec -nodes -days 2 "
        f"-pkeyopt ec_paramgen_curve:prime256v1 -subj /CN={SITE} "
        f"-addext subjectAltName=DNS:{SITE} -out fullchain.pem -keyout key.pem"
    )
    operator.types(blocks("Install")[0])
    operator.sees_the_site()
    # The name is set everywhere, and the app answers to it.
    assert operator.says(
        f"{FROM_OUTSIDE} https://{SITE}/map/ -o /dev/null -w '%{{redirect_url}}'"
    ).startswith(f"https://{SITE}/login")
    assert "geo_pora" in operator.says("curl --fail --silent 127.0.0.1:8001/metrics")
    assert operator.says("stat -c '%U %a' /var/lib/geo-pora") == "geo_pora 700\n"
    assert operator.says("stat -c '%U %a' /etc/geo-pora/environment") == "root 600\n"


def test_first_account(operator: Operator) -> None:
    said = operator.types(blocks("Install")[1])
    (operator.link,) = re.findall(rf"https://{SITE}/sign-in/\S+", said)
    operator.says(f"{FROM_OUTSIDE} {operator.link}")
    assert operator.asks("SELECT username FROM users") == FILLED_IN["NAME"]


def test_retention(operator: Operator) -> None:
    rows = [f"R{number},2026-02-01,2,Kel. Sukaraya Kec. Baturaja Timur" for number in range(15)]
    table = "\n".join(["no laporan,tanggal,jumlah orang,alamat", *rows])
    operator.says("cat > /srv/laporan.csv", stdin=table)
    operator.says("geo-pora import /srv/laporan.csv --agency POLRES-OKU")
    operator.asks("UPDATE batches SET received_on = received_on - 100")
    addresses = "SELECT count(location_text) FROM reports"
    assert operator.asks(addresses) == "15"
    assert operator.types(blocks("Retention")[0]).startswith("15 addresses")
    assert operator.asks(addresses) == "0"
    assert operator.asks("SELECT count(*) FROM reports") == "15"


def test_backup_and_restore(operator: Operator) -> None:
    layer = "/opt/geo-pora/boundaries/indicative.parquet"
    operator.says(f"geo-pora boundaries install {layer} --name resmi")
    by_hand, restore, trial = blocks("Backups")
    listed = operator.types(by_hand)
    (time,) = re.findall(r"geo-pora-(\w+)\.sqlite$", listed, re.M)
    assert f"geo-pora-{time}.tar.gz" in listed
    assert len(re.findall(r"^-rw------- 1 geo_pora geo_pora", listed, re.M)) == 2
    before = operator.stored()
    operator.asks("DELETE FROM reports")
    operator.says("rm -r /var/lib/geo-pora/*")
    operator.types(restore, TIME=time)
    assert operator.stored() == before
    assert "15 | 2026-02-01" in operator.types(trial, TIME=time)
    assert operator.stored() == before
    operator.sees_the_site()
    operator.says(f"{FROM_OUTSIDE} {operator.link}")  # was given before the backup


def test_upgrade(operator: Operator) -> None:
    operator.says(
        f"cd {bare_machine.REPOSITORY}; "
        'sed -i \'s/^msgstr "Sign in"$/msgstr "Come in"/\' webmap/translations/en/*/messages.po; '
        "sed -i 's/^Description=/&New /' docs/deployment/systemd/*; "
        "git commit --quiet --all --message 'A newer version'"
    )
    operator.types(blocks("Upgrade")[0])
    operator.sees_the_site()
    page = operator.says(f"{FROM_OUTSIDE} --cookie language=en https://{SITE}/login")
    assert "<h1>Come in</h1>" in page
    assert operator.says("grep -L =New /etc/systemd/system/geo-pora*") == ""
    assert operator.says("ls /var/backups/geo-pora").count(".sqlite") == 2
