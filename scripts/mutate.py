"""What the mutants of a file are, and its text with all of them behind their switches: see mutants.py."""

import collections
import re

Mutant = collections.namedtuple("Mutant", "number file line column kind text")
Edit = collections.namedtuple("Edit", "start end text")

OPPOSITE = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "=="}
KEYWORDS = set(
    "let var return if guard case for while switch else default throw try await defer in where import init enum struct "
    "class actor extension protocol public private fileprivate internal package static func mutating".split()
)
ASSIGNMENT = r"(?:self\.)?[a-z]\w*(?:[.\[][^\n=]*?)? [-+*|&]?= [^\n]*"
CHANGE = (
    r"(?:self\.)?[a-z]\w*(?:[.\[][^\n=]*?)?\.(?:append|insert|remove\w*|formUnion|formIntersection|subtract|merge|sort"
    r"|updateValue)\([^\n]*\)"
)
SUPPORT = """import Glibc

private let active = getenv("REGIE_MUTANT").flatMap { Int(String(cString: $0)) } ?? -1
@inline(never) func mutantIsOn(_ number: Int) -> Bool { active == number }
extension Bool { func mutant(_ number: Int) -> Bool { mutantIsOn(number) ? !self : self } }
extension BinaryInteger { func mutant(_ number: Int) -> Self { mutantIsOn(number) ? self + 1 : self } }
extension FloatingPoint { func mutant(_ number: Int) -> Self { mutantIsOn(number) ? self + 1 : self } }
"""


def operator(number):
    """A name of its own for each, of characters that Swift takes for operators and nobody else uses."""
    return chr(0x2200 + (number >> 7)) + chr(0x2280 + (number & 127))


def comparison(number, sign):
    name, kind = operator(number), "Equatable" if sign in ("==", "!=") else "Comparable"
    body = f"mutantIsOn({number}) ? a {OPPOSITE[sign]} b : a {sign} b"
    yield f"infix operator {name}: ComparisonPrecedence"
    yield f"func {name} <T: {kind}>(a: T, b: T) -> Bool {{ {body} }}"
    for names in ("AB", "ABC"):
        generics = ", ".join(f"{letter}: {kind}" for letter in names)
        tuple_type = f"({', '.join(names)})"
        yield f"func {name} <{generics}>(a: {tuple_type}, b: {tuple_type}) -> Bool {{ {body} }}"
    if kind == "Equatable":
        yield f"func {name} <T>(a: T?, b: _OptionalNilComparisonType) -> Bool {{ {body} }}"


def connective(number, sign):
    name = operator(number)
    yield f"infix operator {name}: Logical{'Conjunction' if sign == '&&' else 'Disjunction'}Precedence"
    yield (
        f"func {name} (a: Bool, b: @autoclosure () throws -> Bool) rethrows -> Bool {{ if mutantIsOn({number}) {{ return a }}; "
        f"if mutantIsOn({number + 1}) {{ return try b() }}; return try a {sign} b() }}"
    )


def negation(number):
    yield f"prefix operator {operator(number)}"
    yield f"prefix func {operator(number)} (a: Bool) -> Bool {{ mutantIsOn({number}) ? a : !a }}"


def closing(text, position, opening, closing_):
    depth = 1
    while depth and position < len(text):
        depth += {opening: 1, closing_: -1}.get(text[position], 0)
        position += 1
    return position


def end_of_string(text, position):
    """Behind the quotation mark that ends what begins there, with what is interpolated."""
    depth, position = 0, position + 1
    while position < len(text):
        if text.startswith("\\(", position):
            depth, position = depth + 1, position + 2
            continue
        character = text[position]
        if depth:
            depth += {"(": 1, ")": -1}.get(character, 0)
            if character == '"':
                position = end_of_string(text, position) - 1
        elif character == "\\":
            position += 1
        elif character == '"':
            return position + 1
        position += 1
    return position


def code_only(text):
    """As long as the text, with blanks for comments, strings and regular expressions."""
    result, position = list(text), 0
    expression = re.compile(r"(?<=[( ])/(?=[^\s/*=])(?:\\.|[^\\/\n])*/")
    ends = {
        "//": lambda at: text.find("\n", at),
        "/*": lambda at: text.find("*/", at) + 2,
        '#"': lambda at: text.find('"#', at + 2) + 2,
        '"""': lambda at: text.find('"""', at + 3) + 3,
        '"': lambda at: end_of_string(text, at),
    }
    while position < len(text):
        mark = next((mark for mark in ends if text.startswith(mark, position)), None)
        pattern = None if mark else expression.match(text, position)
        if mark is None and pattern is None:
            position += 1
            continue
        end = pattern.end() if pattern else ends[mark](position)
        end = len(text) if end < position else end
        result[position:end] = [c if c == "\n" else " " for c in text[position:end]]
        position = end
    return "".join(result)


class File:
    """One file, and what is changed in it."""

    def __init__(self, name, text, banned, number):
        self.name, self.text, self.code = name, text, code_only(text)
        self.lines, self.banned, self.number = text.split("\n"), banned, number
        self.edits, self.mutants, self.declarations = [], [], []

    def line(self, position):
        return self.text.count("\n", 0, position) + 1

    def add(self, position, kind, uses=1):
        """Numbers of what is changed there, the first of them; None where that does not compile."""
        line = self.line(position)
        if (self.name, line) in self.banned or (self.name, 0) in self.banned:
            return None
        column = position - self.text.rfind("\n", 0, position)
        for use in range(uses):
            told = kind if uses == 1 else f"{kind} {('right', 'left')[use]} left out"
            self.mutants.append(
                Mutant(self.number + use, self.name, line, column, told, self.lines[line - 1].strip()))
        self.number += uses
        return self.number - uses

    def replace(self, found, kind, text, uses=1):
        number = self.add(found.start(1), kind, uses)
        if number is not None:
            self.edits.append(Edit(found.start(1), found.end(1), text(number)))

    def declared(self, lines):
        lines = list(lines)
        self.declarations += lines
        return lines[0].split()[2].rstrip(":")

    def mutate(self):
        for found in re.finditer(r"(?<=[\w)\]}?!]) (<=|>=|==|!=|<|>) (?=[\w(\[.\-\" ])", self.code):
            sign = found.group(1)
            line = self.lines[self.line(found.start(1)) - 1]
            if not re.search(r"\b(where|extension|func|typealias|associatedtype)\b|^\s*#if", line):
                self.replace(found, sign, lambda number, sign=sign: self.declared(comparison(number, sign)))
        for found in re.finditer(r"(?<=\s)(&&|\|\|) (?=\S)", self.code):
            sign = found.group(1)
            self.replace(found, sign, lambda number, sign=sign: self.declared(connective(number, sign)), uses=2)
        for found in re.finditer(r"(?<=[\s(\[])(!)(?=[a-z($])", self.code):
            self.replace(found, "!", lambda number: self.declared(negation(number)))
        for found in re.finditer(r"(?<![\s\\(,])(\.isEmpty)\b(?! *[(=:])", self.code):
            self.replace(found, "isEmpty", lambda number: f".isEmpty.mutant({number})")
        for found in re.finditer(r"\breturn (true|false)\b", self.code):
            word = found.group(1)
            self.replace(found, word, lambda number, word=word: f"{word}.mutant({number})")
        for found in re.finditer(r"(?<=[\w)\]]) ([-+] \d+)\b(?![.\w])", self.code):
            term = found.group(1)
            self.replace(found, "next number", lambda number, term=term: f"{term}.mutant({number})")
        self.leave_out()
        self.edits.sort()
        parts, position = [], 0
        for edit in self.edits:
            parts += [self.text[position:edit.start], edit.text]
            position = edit.end
        return "".join(parts) + self.text[position:]

    def leave_out(self):
        initializers = []
        for found in re.finditer(r"(?<!\.)\binit[?!]?(?:<[^>\n]*>)?\(", self.code):
            start = self.code.find("{", closing(self.code, found.end(), "(", ")"))
            if start >= 0:
                initializers.append((start, closing(self.code, start + 1, "{", "}")))
        for found in re.finditer(rf"^ +({ASSIGNMENT}|{CHANGE})$", self.code, re.M):
            statement = found.group(1)
            after = self.code[found.end() + 1 :].split("\n", 1)[0].strip()
            before = self.code[: found.start()].rstrip()
            if (
                statement.split()[0].split(".")[0] in KEYWORDS
                or any(start <= found.start() < end for start, end in initializers)
                or any(statement.count(a) != statement.count(b) for a, b in ("()", "[]", "{}"))
                or statement.endswith(("?", "??", "&&", "||", ":", ",", "="))
                or after.startswith(("?", ".", ":", "+", "-", "&&", "||", "*", "{"))
                or before.endswith(("(", "[", ",", "=", "&&", "||", "?", ":"))
                and not re.search(r"(case [^\n]*|default):$", before)
            ):
                continue
            number = self.add(found.start(1), "left out")
            if number is not None:
                self.edits.append(Edit(found.start(1), found.start(1), f"if !mutantIsOn({number}) {{ "))
                self.edits.append(Edit(found.end(1), found.end(1), " }"))
