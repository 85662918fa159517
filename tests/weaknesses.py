"""Do the pinned packages have known weaknesses? `python -m tests.weaknesses` asks PyPI, by pip-audit.

It asks about every package of requirements.txt, so the lint step runs it only where LABELREVIEW_TEST_AUDIT is 1, and
says so where it does not, or where PyPI cannot be reached.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
AUDIT = ("-m", "pip_audit", "-r", "requirements.txt", "--no-deps", "--disable-pip", "--timeout", "10",
         "--progress-spinner", "off", "--format", "json")  # fmt: skip


def main() -> int:
    if os.environ.get("LABELREVIEW_TEST_AUDIT") != "1":
        print("Skipped: LABELREVIEW_TEST_AUDIT=1 asks PyPI about every pinned package.")
        return 0
    said = subprocess.run([sys.executable, *AUDIT], cwd=ROOT, capture_output=True, text=True)
    try:
        found = json.loads(said.stdout)["dependencies"]
    except (ValueError, KeyError):
        print(f"Skipped: {(said.stderr.strip().splitlines() or ['pip-audit said nothing'])[-1][:200]}")
        return 0
    asked = [each for each in found if "skip_reason" not in each]
    weak = [each for each in asked if each["vulns"]]
    for each in weak:
        print(f"{each['name']} {each['version']}: {', '.join(one['id'] for one in each['vulns'])}")
    print(f"{len(asked)} of {len(found)} packages could be looked up, {len(weak)} have known weaknesses.")
    return 1 if weak else 0


if __name__ == "__main__":
    sys.exit(main())
