import Contract
import Logging
import Model
import Placement
import Store

extension GovernanceStore {
  /// For so many shortages the holders are named: of one answer, the first.
  static let mostShortages = 50

  /// To whom what is short is promised. It is an addition: where it can not be told now nothing is said, and the answer
  /// is given all the same.
  func holders(of shortages: [Shortage], _ logger: Logger) async -> [Shortage: HoldersView] {
    var found: [Shortage: HoldersView] = [:]
    do {
      for shortage in shortages.prefix(Self.mostShortages) {
        let holders = try await holders(of: shortage.cluster, resource: shortage.resource)
        found[shortage] = HoldersView(holders, shortage)
      }
    } catch {
      logger.warning("it could not be told who holds what is short", metadata: ["error": "\(error)"])
    }
    return found
  }
}

extension HoldersView {
  init(_ holders: CapacityHolders, _ shortage: Shortage) {
    func text(_ amount: Int64) -> String { ResourceAmounts.text(amount, of: shortage.resource) }
    self.init(
      largest: holders.largest.map {
        Holder(project: $0.project, environment: $0.environment, replica: $0.replica, amount: text($0.amount))
      }, others: holders.others, othersAmount: text(holders.othersAmount))
  }
}
