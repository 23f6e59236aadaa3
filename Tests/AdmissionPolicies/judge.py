"""Judges requests by a ValidatingAdmissionPolicy, as an API server would: CEL by cel-python, the rest by the few rules below.

    judge.py POLICY.yaml CASES.yaml

Prints each case that is not judged as it says, and fails; else says how many were.
"""
import re
import sys

import celpy
import yaml


def inlined(expression, variables):
    """With its variables written out: they are evaluated where they are used only, so an unused one never fails."""
    pattern = re.compile(r"\bvariables\.(\w+)")
    while pattern.search(expression):
        expression = pattern.sub(lambda match: "(" + variables[match.group(1)] + ")", expression)
    return expression


def evaluate(expression, context):
    environment = celpy.Environment()
    program = environment.program(environment.compile(expression))
    return bool(program.evaluate({name: celpy.json_to_cel(value) for name, value in context.items()}))


def denial(spec, context):
    """The message of the first rule that the request breaks; None where it breaks none."""
    variables = {entry["name"]: entry["expression"] for entry in spec.get("variables", [])}
    for condition in spec["matchConditions"]:
        if not evaluate(inlined(condition["expression"], variables), context):
            return None
    for rule in spec["validations"]:
        try:
            holds = evaluate(inlined(rule["expression"], variables), context)
        except celpy.CELEvalError as error:
            # failurePolicy: Fail
            return f"error: {error}"
        if not holds:
            return rule["message"]
    return None


def labelled(labels):
    if labels == "absent":
        return None
    return {"metadata": {"labels": labels} if labels is not None else {}}


def context(case):
    """The variables that an API server gives. Of an object only its labels count here."""
    request = {
        "operation": case["operation"], "name": case.get("name", ""), "namespace": case.get("namespace", ""),
        "resource": {"resource": case["resource"]}, "dryRun": case.get("dryRun", False),
        "userInfo": {"username": case.get("user", "system:serviceaccount:regie-system:regie-region-agent")},
    }
    return {
        "request": request, "object": labelled(case.get("object", "absent")),
        "oldObject": labelled(case.get("oldObject", "absent")),
        "namespaceObject": labelled(case.get("namespaceObject", "absent")),
    }


def main(policy, cases):
    with open(policy) as file:
        documents = [entry for entry in yaml.safe_load_all(file) if entry["kind"] == "ValidatingAdmissionPolicy"]
    with open(cases) as file:
        table = yaml.safe_load(file)
    [document] = documents
    assert document["spec"]["failurePolicy"] == "Fail"
    wrong = 0
    for case in table:
        found = denial(document["spec"], context(case))
        wanted = case.get("denied")
        if (found is None) != (wanted is None) or (wanted and wanted not in found):
            wrong += 1
            print(f"{case['case']}: {found or 'allowed'}; wanted: {wanted or 'allowed'}")
    for rule in document["spec"]["validations"]:
        if not any(case.get("denied") and case["denied"] in rule["message"] for case in table):
            wrong += 1
            print(f"no case breaks the rule “{rule['message']}”")
    if wrong:
        sys.exit(1)
    print(f"{len(table)} requests are judged as they should be")


main(*sys.argv[1:])
