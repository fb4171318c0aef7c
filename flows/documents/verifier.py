"""证据包离线核验程序：只需要 Python 3.8 以上，不联网，不安装任何软件。

用法：解压后在文件夹里运行  python verify.py
或者不解压，直接核验　python verify.py 证据包.zip
加上系统给出的清单指纹　python verify.py 证据包.zip --fingerprint 64位指纹
退出码：0 全部完好；1 有缺失、改动或多出的文件；2 不是证据包。
"""

import hashlib
import json
import os
import sys
import zipfile

MANIFEST, SEAL = "manifest.json", "manifest.sha256"


class Folder:
    """An unpacked bundle."""

    def __init__(self, place):
        self.place = place

    def names(self):
        """Every file in it."""
        found = []
        for base, _, files in os.walk(self.place):
            for name in files:
                path = os.path.relpath(os.path.join(base, name), self.place).replace(os.sep, "/")
                if "__pycache__" not in path:
                    found.append(path)
        return found

    def read(self, name):
        """A file's bytes."""
        with open(os.path.join(self.place, *name.split("/")), "rb") as file:
            return file.read()


class Zipped:
    """A bundle that was not unpacked."""

    def __init__(self, place):
        self.archive = zipfile.ZipFile(place)

    def names(self):
        """Every file in it; a name that stands twice is given twice."""
        return [info.filename for info in self.archive.infolist() if not info.is_dir()]

    def read(self, name):
        """A file's bytes."""
        return self.archive.read(name)


def sha256(data):
    """The fingerprint of some bytes."""
    return hashlib.sha256(data).hexdigest()


def check(bundle, fingerprint=""):
    """Every fault, in a sentence; and what was looked at."""
    faults = []
    names = bundle.names()
    if MANIFEST not in names:
        return None, ["没有找到 manifest.json，这不是证据包，或清单已丢失。"]
    try:
        raw = bundle.read(MANIFEST)
        manifest = json.loads(raw.decode("utf-8"))
        listed = {item["path"]: item for item in manifest["files"]}
        case = manifest["case"]
    except Exception:
        return None, ["清单 manifest.json 已损坏，无法读取。"]
    try:
        sealed = bundle.read(SEAL).decode("ascii").split()[0]
    except Exception:
        sealed = ""
        faults.append("缺失：manifest.sha256（清单的指纹）。")
    if sealed and sealed != sha256(raw):
        faults.append("改动：manifest.json 与 manifest.sha256 不符，清单被改动过。")
    if fingerprint and fingerprint.lower() != sha256(raw):
        faults.append("不符：清单指纹与你给出的指纹不同，整个证据包可能被替换。")
    for name in sorted(set(names)):
        if names.count(name) > 1:
            faults.append("重复：%s 在压缩包里出现了 %d 次。" % (name, names.count(name)))
        if name not in listed and name not in (MANIFEST, SEAL):
            faults.append("多出：%s 不在清单里。" % name)
    for path in sorted(listed):
        item = listed[path]
        if path not in names:
            faults.append("缺失：%s（%s）。" % (path, item["title"]))
            continue
        try:
            data = bundle.read(path)
        except Exception:
            faults.append("损坏：%s 无法读取。" % path)
            continue
        if len(data) != item["size"] or sha256(data) != item["sha256"]:
            faults.append("改动：%s 的内容与清单不符。" % path)
    try:
        register = json.loads(bundle.read("文书登记.json").decode("utf-8"))
        for document in register:
            entry = listed.get(document["file"])
            if entry is None or entry["sha256"] != document["sha256"]:
                faults.append("不符：文书“%s”与登记簿中的 SHA-256 不同。" % document["title"])
    except Exception:
        faults.append("损坏：文书登记.json 无法读取，不能与登记簿核对。")
    return (case, len(listed), sha256(raw)), faults


def main(arguments):
    """Say what is intact and what is not."""
    fingerprint, places = "", []
    rest = list(arguments)
    while rest:
        word = rest.pop(0)
        if word == "--fingerprint" and rest:
            fingerprint = rest.pop(0)
        else:
            places.append(word)
    place = places[0] if places else os.path.dirname(os.path.abspath(__file__))
    try:
        bundle = Folder(place) if os.path.isdir(place) else Zipped(place)
        found, faults = check(bundle, fingerprint)
    except (OSError, zipfile.BadZipFile):
        found, faults = None, ["打不开 %s：文件不存在，或压缩包已损坏。" % place]
    for fault in faults:
        print(fault)
    if found is None:
        return 2
    case, count, digest = found
    print("案件 %s，清单列明 %d 个文件。" % (case, count))
    print("清单指纹 %s" % digest)
    if fingerprint and not any(fault.startswith("不符：清单") for fault in faults):
        print("清单指纹与你给出的一致。")
    if faults:
        print("结论：不完好，有 %d 处问题。" % len(faults))
        return 1
    print("结论：完好，全部文件与清单一致。")
    if not fingerprint:
        print("清单本身是否被整体替换，请与系统显示的清单指纹核对，或在核验网页逐份核对文书。")
    return 0


if __name__ == "__main__":
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(encoding="utf-8")
    sys.exit(main(sys.argv[1:]))
