import Events

extension RunbookScene {
  /// The values of a task, but for its text. On the way back it leads from the target to the source.
  func values(of task: MigrationTask, in move: RunbookFacts.Move) -> [String: Any] {
    let isBack = move.state?.step == .rollingBack
    let source = (move.terms.environment, move.source.cluster, move.sourceNamespace)
    let target = (move.terms.targetEnvironment, move.target.cluster, move.targetNamespace)
    let (from, to) = isBack ? (target, source) : (source, target)
    let isOverdue = move.state?.isOverdue(task.kind) ?? false
    var values: [String: Any] = [
      "task": task.kind.rawValue, "taskTitle": heading(task.kind.title), "taskSentence": say(task.kind.sentence),
      "taskOwner": say(task.kind.owner.title),
      "isDone": task.evidence != nil, "isOpen": task.isOpen, "isLater": task.openedAt == nil,
      "isOverdue": isOverdue, "othersStay": isBack ? move.targetHasOthers : move.sourceHasOthers,
      "doneCommand": commands.done(task.kind, move.id),
      "fromEnvironment": prose(from.0), "fromCluster": prose(from.1),
      "fromNamespace": from.2.map(MarkdownText.code) ?? "$FROM_NAMESPACE",
      "toEnvironment": prose(to.0), "toCluster": prose(to.1),
      "toNamespace": to.2.map(MarkdownText.code) ?? "$TO_NAMESPACE",
    ]
    values["dueAt"] = task.dueAt.map(moment)
    if let evidence = task.evidence {
      values["evidence"] = prose(evidence.text)
      values["evidenceBy"] = prose(evidence.principal)
      values["evidenceAt"] = moment(evidence.at)
    }
    return values
  }
}
