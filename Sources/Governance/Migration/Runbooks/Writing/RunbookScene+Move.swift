import Events
import Foundation
import Model

extension RunbookScene {
  /// The values of a move, but for its tasks.
  func values(of move: RunbookFacts.Move) -> [String: Any] {
    names(of: move).merging(commands(of: move)) { first, _ in first }
      .merging(state(of: move)) { first, _ in first }
  }

  private func names(of move: RunbookFacts.Move) -> [String: Any] {
    let (terms, source, target) = (move.terms, move.source, move.target)
    var values: [String: Any] = [
      "move": move.id.uuidString.lowercased(), "project": prose(terms.project),
      "environment": prose(terms.environment), "newEnvironment": prose(terms.targetEnvironment),
      "replica": "\(move.replica)", "stage": prose(move.stage), "quota": amounts(move.quota),
      "sourceCluster": prose(source.cluster), "sourceZone": prose(source.zone),
      "sourceRegion": prose(source.region), "sourceOperator": prose(source.operator),
      "targetCluster": prose(target.cluster), "targetZone": prose(target.zone),
      "targetRegion": prose(target.region), "targetOperator": prose(target.operator),
      "changesRegion": source.region != target.region, "changesOperator": source.operator != target.operator,
      "changesZone": source.zone != target.zone,
      "taskDays": days(terms.taskTime), "retentionDays": days(terms.retention),
      "isInConsole": terms.tasks.contains(.createEnvironment),
      "isSourceLost": move.state?.isSourceLost ?? terms.isEmergency,
      "isToBeDeclaredGone": move.state?.isToBeDeclaredGone ?? terms.isEmergency,
      "hasDatabase": move.services.contains(where: \.isDatabase),
      "hasObjectStore": move.services.contains(where: \.isObjectStore),
      "services": move.services.map(values(of:)),
      "interconnections": move.interconnections.map { ["interconnection": prose($0)] },
      "flows": move.flows.map(values(of:)),
    ]
    values["sourceNamespace"] = move.sourceNamespace.map(MarkdownText.code)
    values["targetNamespace"] = move.targetNamespace.map(MarkdownText.code)
    return values
  }

  private func values(of service: RunbookFacts.Service) -> [String: Any] {
    [
      "service": prose(service.name), "serviceFrom": prose(service.sourceVersion ?? "–"),
      "serviceTo": prose(service.targetVersion ?? "–"),
      "serviceChanges": service.sourceVersion != service.targetVersion,
      "isDatabase": service.isDatabase, "isObjectStore": service.isObjectStore,
      "isOtherService": !service.isDatabase && !service.isObjectStore,
    ]
  }

  private func values(of flow: RunbookFacts.Flow) -> [String: Any] {
    var values: [String: Any] = [
      "flowSystem": prose(flow.system), "flowProject": prose(flow.project), "flowBox": flow.isOpen ? "x" : " ",
    ]
    values["flowState"] = flow.state.map(say)
    values["flowCommand"] = flow.request.map(commands.flow)
    return values
  }

  private func commands(of move: RunbookFacts.Move) -> [String: Any] {
    [
      "approveCommand": commands.approve(move.id, as: reader.party), "cutOverCommand": commands.cutOver(move.id),
      "removeSourceCommand": commands.confirmRemoval(move.id, of: move.terms.environment),
      "declareGoneCommand": commands.declareGone(move.id, of: move.terms.environment),
      "removeTargetCommand": commands.confirmTargetRemoval(move.id, of: move.terms.targetEnvironment),
      "rollbackCommand": commands.rollback(move.id),
      "rollbackWithLossCommand": commands.rollbackWithLoss(move.id),
    ]
  }

  /// How it stands. Without a state every way back is told, as the reader may need any.
  private func state(of move: RunbookFacts.Move) -> [String: Any] {
    let approvers = MigrationParty.allCases.filter(move.terms.approvers.contains)
    let mayApprove = approvers.contains(reader.party)
    func approvals(_ given: [MigrationParty: String]) -> [[String: Any]] {
      approvers.map { party in
        var values = ["approvalParty": say(party.title), "approvalBox": given[party] == nil ? " " : "x"]
        values["approvalBy"] = given[party].map(prose)
        return values
      }
    }
    guard let state = move.state else {
      return [
        "hasState": false, "isEnded": false, "isGoingBack": false, "isWayBackFree": true, "isWayBackCostly": true,
        "isWayBackUnsure": false, "isWayBackClosed": true, "obstacles": [Any](), "awaited": [Any](),
        "approvals": approvals([:]), "isToApprove": mayApprove,
      ]
    }
    let isForward = !state.step.isEnd && state.step != .rollingBack
    let isClosed = state.step.isAtLeast(.drainingSource) && isForward
    let isCostly = move.isCutOver && isForward
    var values: [String: Any] = [
      "hasState": true, "step": heading(state.step.title), "stepSentence": say(state.step.sentence),
      "since": moment(state.since), "standing": say(state.standing.title), "isEnded": state.step.isEnd,
      "isGoingBack": state.step == .rollingBack, "isWayBackFree": isForward && !isCostly && !isClosed,
      "isWayBackCostly": isCostly, "isWayBackUnsure": isCostly && !state.hasNewWrites, "isWayBackClosed": isClosed,
      "obstacles": state.obstacles.map { obstacle in
        ["obstacle": say(obstacle.sentence), "obstacleRemedy": say(obstacle.remedy)]
      },
      "awaited": state.awaited.map { ["awaitedSentence": say($0.sentence)] },
      "approvals": approvals(state.approvals),
      "isToApprove": mayApprove && state.step == .planned && state.approvals[reader.party] == nil,
    ]
    values["acceptedLoss"] = state.acceptedLoss.map { prose("\($0.text) (\($0.principal), \(moment($0.at)))") }
    return values
  }

  /// Whole days, rounded up: a part of a day is told as one.
  private func days(_ microseconds: Int64) -> String {
    let (days, rest) = microseconds.quotientAndRemainder(dividingBy: 86_400_000_000)
    return "\(days + (rest > 0 ? 1 : 0))"
  }

  private func amounts(_ amounts: ResourceAmounts) -> String {
    // Thousandths of a core are nothing that people read.
    let mark = language == .fr ? "," : "."
    let digits = String(String(1000 + amounts.cpu % 1000).dropFirst().reversed().drop { $0 == "0" }.reversed())
    let cpu = "\(amounts.cpu / 1000)" + (digits.isEmpty ? "" : mark + digits)
    let (memory, storage) = (bytes(amounts.memory), bytes(amounts.storage))
    let parts: [(String, Int64)] = [
      ("\(cpu) CPU", amounts.cpu), (memory, amounts.memory), ("\(amounts.gpu) GPU", amounts.gpu),
      (storage + (language == .fr ? " de stockage" : " of storage"), amounts.storage),
      (Counted.en(amounts.pods, "pod", "pods"), amounts.pods),
    ]
    return parts.filter { $0.1 > 0 }.map(\.0).joined(separator: ", ")
  }

  private func bytes(_ bytes: Int64) -> String { "\(Quantity(bytes, format: .binarySI))" }
}

extension RunbookFacts.Service {
  /// Whether it keeps rows or documents that are dumped and restored.
  var isDatabase: Bool {
    ["postgres", "mysql", "mariadb", "mongo"].contains { name.lowercased().hasPrefix($0) }
  }

  /// Whether it keeps objects.
  var isObjectStore: Bool { ["s3", "minio"].contains { name.lowercased().hasPrefix($0) } }
}
