#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Is an answer file what Microsoft documents?  check.py FILE...

By its own table, from the pages of Microsoft's "Unattended Windows Setup Reference" and
"Windows Setup Configuration Passes", and with Python's own XML parser: nothing here is shared
with the program whose files these are.
"""
import base64
import re
import sys
import xml.etree.ElementTree as ET

U = "{urn:schemas-microsoft-com:unattend}"
WCM = "{http://schemas.microsoft.com/WMIConfig/2002/State}"
PASSES = "windowsPE offlineServicing generalize specialize auditSystem auditUser oobeSystem".split()

# Component: in which passes which settings may be.  A setting is a path; what it may be a pattern.
BOOL = "true|false"
NUMBER = r"\d+"
LOCALE = r"[A-Za-z]{2,3}(-[A-Za-z]{4})?-[A-Z0-9]{2,3}"
SHELL = "Microsoft-Windows-Shell-Setup"
ACCOUNT = "UserAccounts/LocalAccounts/LocalAccount"
TABLE = {
    (SHELL, "specialize"): {
        "ComputerName": r"(?!\d+$)[A-Za-z0-9](?:[A-Za-z0-9-]{0,13}[A-Za-z0-9])?",
        "TimeZone": r".+ Standard Time|UTC.*",
    },
    (SHELL, "oobeSystem"): {
        "RegisteredOwner": ".+",
        "OOBE/HideEULAPage": BOOL,
        "OOBE/HideOEMRegistrationScreen": BOOL,
        "OOBE/HideOnlineAccountScreens": BOOL,
        "OOBE/HideWirelessSetupInOOBE": BOOL,
        "OOBE/ProtectYourPC": "[123]",
        "OOBE/VMModeOptimizations/SkipAdministratorProfileRemoval": BOOL,
        ACCOUNT + "/Password/Value": ".*",
        ACCOUNT + "/Password/PlainText": BOOL,
        ACCOUNT + "/Group": "Administrators|Users",
        ACCOUNT + "/DisplayName": ".{1,256}",
        ACCOUNT + "/Name": r'[^"/\\\[\]:;|=,+*?<>@%]{1,20}',
        "AutoLogon/Password/Value": ".*",
        "AutoLogon/Password/PlainText": BOOL,
        "AutoLogon/Enabled": BOOL,
        "AutoLogon/LogonCount": NUMBER,
        "AutoLogon/Username": ".{1,256}",
        "FirstLogonCommands/SynchronousCommand/Order": NUMBER,
        "FirstLogonCommands/SynchronousCommand/CommandLine": ".{1,1024}",
        "FirstLogonCommands/SynchronousCommand/Description": ".{1,256}",
    },
    ("Microsoft-Windows-International-Core", "oobeSystem"): {
        "InputLocale": LOCALE + r"|[0-9a-f]{4}:[0-9a-f]{8}",
        "SystemLocale": LOCALE,
        "UILanguage": LOCALE,
        "UserLocale": LOCALE,
    },
    ("Microsoft-Windows-Deployment", "specialize"): {
        "RunSynchronous/RunSynchronousCommand/Order": NUMBER,
        "RunSynchronous/RunSynchronousCommand/Path": ".{1,259}",
        "RunSynchronous/RunSynchronousCommand/Description": ".{1,256}",
        "RunSynchronous/RunSynchronousCommand/WillReboot": "Always|Never|OnRequest",
    },
    ("Microsoft-Windows-WinRE-RecoveryAgent", "oobeSystem"): {"UninstallWindowsRE": BOOL},
}
LISTS = {"LocalAccount", "SynchronousCommand", "RunSynchronousCommand"}


def name(element):
    assert element.tag.startswith(U), f"{element.tag} is of no answer file"
    return element.tag[len(U):]


def check_lists(parent):
    orders = [order.text for order in parent.findall(f"*/{U}Order")]
    assert len(orders) == len(set(orders)), f"orders {orders}"
    for child in parent:
        if name(child) in LISTS:
            assert child.get(WCM + "action") == "add", f"{name(child)} without an action"
        else:
            assert not child.attrib, f"{name(child)}: {child.attrib}"


def check_password(parent):
    value, plain = parent.find(U + "Value"), parent.find(U + "PlainText")
    if value is not None and plain.text == "false":
        text = base64.b64decode(value.text, validate=True).decode("utf-16-le")
        assert text.endswith("Password"), "a password without its word"


def walk(parent, path, settings):
    check_lists(parent)
    check_password(parent)
    seen = set()
    for child in parent:
        here = path + name(child)
        assert name(child) in LISTS or here not in seen, f"{here} is there twice"
        seen.add(here)
        if len(child):
            walk(child, here + "/", settings)
        else:
            assert here in settings, f"{here} is not documented"
            assert re.fullmatch(settings[here], child.text or ""), f"{here}: {child.text}"


def check(path):
    root = ET.parse(path).getroot()
    assert name(root) == "unattend", root.tag
    passes = [settings.get("pass") for settings in root]
    assert len(passes) == len(set(passes)) and set(passes) <= set(PASSES), passes
    for settings in root:
        assert name(settings) == "settings", settings.tag
        for component in settings:
            where = (component.get("name"), settings.get("pass"))
            assert name(component) == "component", component.tag
            assert where in TABLE, f"{where} is not documented"
            assert component.get("processorArchitecture") in ("x86", "amd64", "arm64")
            assert component.get("publicKeyToken") == "31bf3856ad364e35"
            assert component.get("language") == "neutral"
            assert component.get("versionScope") == "nonSxS"
            walk(component, "", TABLE[where])


for file in sys.argv[1:]:
    try:
        check(file)
    except AssertionError as wrong:
        sys.exit(f"{file}: {wrong}")
