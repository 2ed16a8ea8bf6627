"""Every kernel variant that this CPU can run, against the scalar one."""

import re
import subprocess


def test_kernels_agree_with_the_scalar_ones(sanitized):
    done = subprocess.run([sanitized / "nnz_check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    checked = re.search(r"(\d+) kernels checked, 0 failed", done.stdout)
    assert checked and int(checked[1]) > 10
