"""Every kernel variant that this CPU can run, against the scalar one."""

import re
import subprocess


def test_kernels_agree_with_the_scalar_ones(build):
    directory = build("NNZ_BUILD_TESTS=ON", "NNZ_SANITIZE=address,undefined", "CMAKE_BUILD_TYPE=RelWithDebInfo")
    done = subprocess.run([directory / "nnz_check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    checked = re.search(r"(\d+) kernels checked, 0 failed", done.stdout)
    assert checked and int(checked[1]) > 10
