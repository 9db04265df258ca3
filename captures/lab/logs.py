"""Side logs: which system calls strace records, what of them a reader of the story needs, and what is secret."""

import re

# "?" before a name: not every processor's Linux has it.
CALLS = """execve ?fork ?vfork clone clone3 exit_group openat ?access faccessat2 read write close
    socket socketpair connect bind sendto sendmsg sendmmsg recvfrom recvmsg setsockopt getsockopt getsockname getpeername
    shutdown ?poll ppoll ?select pselect6""".split()
STRACE = ["strace", "-f", "-ttt", "-yy", "-s", "256", "--seccomp-bpf", "-e", "trace=" + ",".join(CALLS)]

# Files that say nothing about networks, and curl's own trace, which is kept as a file of its own.
DULL = re.compile(r"/usr/share/|/usr/lib/locale|/gconv/|/dev/null|/proc/|/sys/|ld\.so\.preload|/etc/localtime|\.trace")
# Reads of what everybody has: libraries, tables of the system, and the ends of files.
CONTENT = re.compile(r'read\(\d+<(/usr/lib/|/etc/(ssl/openssl\.cnf|passwd|services|protocols)>|.*"", \d+\) = 0$)')
SECRET = re.compile(r"(read|write)\(\d+<[^>]*/(id_\w+|[\w-]+\.keys)>, ")
STRING = re.compile(r'"(?:[^"\\]|\\.)*"(?:\.\.\.)?')


def wanted(call: str) -> bool:
    """Whether a reader of the story needs a call, given as strace writes it."""
    if call.startswith("execve("):
        return True
    if DULL.search(call) or CONTENT.match(call) or call.endswith((", 1) = 1", "= 0 (Timeout)")):
        return False
    return not call.startswith("close(") or "<TCP:" in call or "<UDP:" in call


def masked(line: str) -> str:
    return STRING.sub('"[masked]"', line)


def trim_strace(text: str) -> str:
    """Drops the calls that nobody needs; hides what is read from private keys and written to key logs."""
    lines = text.splitlines()
    calls = [line.split(None, 2)[2] for line in lines]
    begun: dict[str, int] = {}  # process -> the line of its unfinished call
    for number, line in enumerate(lines):
        process = line.split(None, 1)[0]
        if calls[number].endswith("<unfinished ...>"):
            begun[process] = number
        elif calls[number].startswith("<... ") and process in begun:
            first = begun.pop(process)
            whole = calls[first].removesuffix("<unfinished ...>") + calls[number].partition("resumed>")[2]
            calls[first] = calls[number] = whole
    return "".join(
        (masked(line) if SECRET.match(call) else line) + "\n" for line, call in zip(lines, calls) if wanted(call)
    )
