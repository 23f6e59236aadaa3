import Contract
import Hummingbird
import Identity
import Logging
import Model
import Store

/// Bringing a restored database up to what it has said on the bus (protocol rule 13): the plan, and doing it.
struct RecoveryRoutes: Sendable {
  let store: GovernanceStore
  /// Nil where this server has no bus.
  let surveyor: (any RecoverySurveyor)?
  /// Each reads all of the bus. Whoever looks keeps nobody from recovering.
  private let plans = FewAtOnce(1, mostWaiting: 4, refusal: StoreError.crowded)
  private let recoveries = FewAtOnce(1, mostWaiting: 4, refusal: StoreError.crowded)

  init(store: GovernanceStore, surveyor: (any RecoverySurveyor)?) {
    self.store = store
    self.surveyor = surveyor
  }

  func add(to api: APIRoutes) {
    api.get("recovery", .read([.governanceAdmin, .auditor])) { request, context in
      try request.allowParameters([])
      let plan = try await plans.run {
        let (evidence, told) = try await evidence(request.language, context.logger)
        return try await store.recoveryPlan(evidence, told: told)
      }
      return try Response.json(
        RecoveryView(plan, isDone: false, since: try await store.suspension(), language: request.language),
        in: request.language)
    }
    api.post("recovery", .change([.governanceAdmin])) { request, context in
      try request.allowParameters([])
      let members = try await request.members(["plan", "despiteUnverified"])
      let agreed = try members.text("plan")
      let despiteUnverified = try members.flag("despiteUnverified") ?? false
      let plan = try await recoveries.run {
        let (evidence, told) = try await evidence(request.language, context.logger)
        return try await store.recover(
          evidence, told: told, agreedTo: agreed, despiteUnverified: despiteUnverified, context: context.storeContext)
      }
      return try Response.json(
        RecoveryView(plan, isDone: plan.isNeeded, since: nil, language: request.language), in: request.language)
    }
  }

  private func evidence(
    _ language: Language, _ logger: Logger
  ) async throws -> (zones: [BusEvidence], told: ToldEvidence) {
    let title = language.say("Bus indisponible", "Bus unavailable")
    guard let surveyor else {
      throw Problem(
        status: 503, .busUnavailable, title: title,
        detail: language.say("ce serveur n’a pas de bus à lire", "this server has no bus to read"))
    }
    do {
      return (try await surveyor.evidence(), try await surveyor.told())
    } catch let error as CancellationError {
      throw error
    } catch {
      logger.warning("The bus can not be read for a recovery", metadata: ["error": "\(error)"])
      throw Problem(
        status: 503, .busUnavailable, title: title,
        detail: language.say(
          "les sujets de toutes les zones et regie.events doivent pouvoir être lus : \(error)",
          "the topics of all zones and regie.events must be readable: \(error)"))
    }
  }
}

extension RecoveryView {
  /// A plan as the API shows it.
  init(_ plan: RecoveryPlan, isDone: Bool, since suspension: Suspension?, language: Language) {
    self.init(
      plan: plan.digest, restored: !plan.signs.isEmpty, needed: plan.isNeeded, recovered: isDone,
      suspendedAt: suspension?.at,
      signs: plan.signs, epoch: plan.epoch, nextEpoch: plan.mints ? plan.nextEpoch : plan.epoch,
      unchanged: plan.unchanged,
      changes: plan.changes.map { change in
        let spec = change.after.spec
        return Change(
          placement: spec.id, action: Action(change.action), project: spec.project, environment: spec.environment,
          zone: spec.zone, cluster: spec.cluster, namespace: spec.namespace,
          from: change.before.map { "\($0.spec.epoch).\($0.spec.revision)" }, to: "\(spec.epoch).\(spec.revision)")
      },
      findings: plan.findings.map {
        Finding(
          kind: $0.kind, zone: $0.zone, placement: $0.placement, message: language.say($0.messageFR, $0.message))
      })
  }
}

extension RecoveryView.Action {
  fileprivate init(_ action: RecoveryPlan.Action) {
    self =
      switch action {
      case .adopted: .adopted
      case .overwritten: .overwritten
      case .reissued: .reissued
      case .removed: .removed
      case .held: .held
      }
  }
}
