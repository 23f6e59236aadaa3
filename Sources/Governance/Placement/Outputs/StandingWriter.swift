import Model

/// Writes down how replicas that are placed stand.
struct StandingWriter {
  let planner: Planner
  let result: Planner.Result

  private var judgement: Judgement { planner.judgement }
  private var compiled: Compiled { judgement.subject.compiled }

  /// In the order in which the replicas were asked about.
  var standings: [Standing] { judgement.subject.request.existing.map(standing) }

  private func standing(_ existing: ExistingPlacement) -> Standing {
    guard let environment = judgement.environments.firstIndex(where: { $0.name == existing.environment }),
      judgement.environments[environment].kept.indices.contains(existing.replica)
    else { return Standing(existing: existing, mayStay: false, reasons: [], best: nil) }
    let site = compiled.index.site(named: existing.cluster)
    let mayStay = judgement.mayStay(existing)
    let slot = planner.problem.slots.firstIndex { $0.environment == environment && $0.replica == existing.replica }
    let best = slot.flatMap { result.solution?.candidates[$0].site }
    return Standing(
      existing: existing, mayStay: mayStay,
      reasons: mayStay ? [] : site.map { refusals(environment, at: $0) } ?? [unknown(.cluster, existing.cluster)],
      chainReasons: chainRefusals(existing, environment, at: site),
      best: best.map { compiled.index.clusters[$0] })
  }

  /// The offer does not hold it any more.
  private func unknown(_ kind: Kind, _ name: String) -> Reason {
    Reason(.unresolvedReference, ["kind": kind.rawValue, "name": name])
  }

  private func chainRefusals(_ existing: ExistingPlacement, _ environment: Int, at site: Int?) -> [Reason] {
    guard !existing.isGoing, let name = existing.chain else { return [] }
    guard let chain = compiled.chains.number(named: name) else { return [unknown(.chain, name)] }
    return ChainWriter(judgement: judgement, chosen: nil).refusals(chain, environment: environment, at: site)
  }

  /// All that keeps a replica away, what would only keep a new one away included.
  private func refusals(_ environment: Int, at site: Int) -> [Reason] {
    let writer = ReasonWriter(judgement: judgement, environment: environment)
    let reasons = Findings(judgement, judgement.profiles[judgement.environments[environment].profile]).refusals.filter {
      $0.sites.contains(site)
    }
    return Set(reasons.map { writer.reason($0, at: site) }).sorted()
  }
}
