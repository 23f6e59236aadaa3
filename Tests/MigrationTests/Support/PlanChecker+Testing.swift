import Migration
import PlantedMoves
import Testing

extension PlanChecker {
  /// The plan of inputs; what is wrong with it is recorded.
  static func checked(_ inputs: PlanningInputs, _ comment: Comment? = nil) throws -> MigrationPlan {
    let plan = try inputs.plan()
    var checker = PlanChecker(inputs: inputs, plan: plan)
    checker.check()
    #expect(checker.faults == [], comment)
    return plan
  }
}
