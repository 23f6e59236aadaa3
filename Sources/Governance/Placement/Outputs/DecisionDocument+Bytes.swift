import Model

// Members in the order of their names, those that are absent left out.
extension JSONBytes {
  mutating func write(_ document: DecisionDocument) {
    raw(#"{"chains":"#)
    list(document.chains) { $1.write($0) }
    raw(#","environments":"#)
    list(document.environments) { $1.write($0) }
    raw(#","plan":"#)
    write(document.plan)
    raw("}")
  }

  private mutating func write(_ verdict: ChainVerdict) {
    raw(#"{"accepted":"#)
    flag(verdict.accepted)
    raw(#","chain":"#)
    text(verdict.chain)
    raw(#","chosen":"#)
    flag(verdict.chosen)
    raw(#","reasons":"#)
    list(verdict.reasons) { $1.write($0) }
    if let score = verdict.score {
      raw(#","score":"#)
      number(score)
    }
    raw("}")
  }

  private mutating func write(_ environment: DecisionDocument.Environment) {
    raw(#"{"accepted":"#)
    number(environment.accepted)
    raw(#","best":"#)
    if let verdicts = environment.verdicts {
      list(verdicts) { $1.write($0) }
    } else {
      list(environment.best) { ranked, json in json.list(ranked.numbers) { $1.number($0) } }
    }
    raw(#","candidates":"#)
    number(environment.candidates)
    raw(#","environment":"#)
    text(environment.environment)
    raw(#","lost":"#)
    list(environment.lost) { $1.write($0) }
    raw(#","refusals":"#)
    write(environment.refusals)
    if environment.verdicts == nil {
      raw(#","remarks":"#)
      write(environment.remarks)
    }
    raw(#","replicas":"#)
    number(environment.replicas)
    raw(#","stage":"#)
    text(environment.stage)
    raw("}")
  }

  private mutating func write(_ verdict: CandidateVerdict) {
    raw(#"{"accepted":"#)
    flag(verdict.accepted)
    raw(#","chosen":"#)
    list(verdict.chosen) { $1.number($0) }
    raw(#","cluster":"#)
    text(verdict.cluster)
    if let components = verdict.components {
      raw(#","components":"#)
      write(components)
    }
    raw(#","operator":"#)
    text(verdict.operator)
    raw(#","reasons":"#)
    list(verdict.reasons) { $1.write($0) }
    raw(#","region":"#)
    text(verdict.region)
    if let score = verdict.score {
      raw(#","score":"#)
      number(score)
    }
    raw(#","zone":"#)
    text(verdict.zone)
    raw("}")
  }

  private mutating func write(_ findings: [DecisionDocument.Finding]) {
    list(findings) { finding, json in
      json.raw(#"{"reason":"#)
      json.write(finding.reason)
      json.raw(#","sites":"#)
      json.text(finding.sites.description)
      json.raw("}")
    }
  }

  private mutating func write(_ plan: Plan) {
    raw(#"{"assignments":"#)
    list(plan.assignments) { $1.write($0) }
    if let chain = plan.chain {
      raw(#","chain":"#)
      text(chain)
    }
    if let conflict = plan.conflict {
      raw(#","conflict":"#)
      text(conflict.rawValue)
    }
    raw(#","day":"#)
    text(plan.day.description)
    raw(#","derogations":"#)
    list(plan.derogations) { $1.text($0) }
    raw(#","engineVersion":"#)
    text(plan.engineVersion)
    raw(#","nodes":"#)
    number(plan.nodes)
    raw(#","outcome":"#)
    text(plan.outcome.rawValue)
    raw(#","policyVersion":"#)
    number(plan.policyVersion)
    if let term = plan.preferenceTerm {
      raw(#","preferenceTerm":"#)
      number(term)
    }
    if let term = plan.preferenceTermOfNew {
      raw(#","preferenceTermOfNew":"#)
      number(term)
    }
    raw(#","project":"#)
    text(plan.project)
    raw(#","reasons":"#)
    list(plan.reasons) { $1.write($0) }
    raw("}")
  }

  private mutating func write(_ assignment: Assignment) {
    raw(#"{"cluster":"#)
    text(assignment.cluster)
    raw(#","components":"#)
    write(assignment.components)
    raw(#","environment":"#)
    text(assignment.environment)
    raw(#","kept":"#)
    flag(assignment.kept)
    raw(#","ledgerVersion":"#)
    number(assignment.ledgerVersion)
    raw(#","limit":"#)
    write(assignment.limit)
    if let before = assignment.movedFrom {
      raw(#","movedFrom":"#)
      text(before)
    }
    raw(#","operator":"#)
    text(assignment.operator)
    raw(#","quota":"#)
    write(assignment.quota)
    raw(#","region":"#)
    text(assignment.region)
    raw(#","replica":"#)
    number(assignment.replica)
    raw(#","score":"#)
    number(assignment.score)
    raw(#","stage":"#)
    text(assignment.stage)
    raw(#","zone":"#)
    text(assignment.zone)
    raw(#","zoneName":"#)
    text(assignment.zoneName)
    raw("}")
  }

  private mutating func write(_ amounts: ResourceAmounts) {
    raw(#"{"cpu":"#)
    number(amounts.cpu)
    raw(#","gpu":"#)
    number(amounts.gpu)
    raw(#","memory":"#)
    number(amounts.memory)
    raw(#","pods":"#)
    number(amounts.pods)
    raw(#","storage":"#)
    number(amounts.storage)
    raw("}")
  }

  private mutating func write(_ reason: Reason) {
    raw(#"{"code":"#)
    text(reason.code.rawValue)
    raw(#","parameters":"#)
    write(parameters: reason.parameters)
    raw("}")
  }
}
