data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["states.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "workflows" {
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_sfn_state_machine" "orders" {
  name       = "orders"
  role_arn   = aws_iam_role.workflows.arn
  definition = file("orders.asl.json")
}

resource "aws_sfn_state_machine" "refunds" {
  name       = "refunds"
  role_arn   = aws_iam_role.workflows.arn
  definition = file("refunds.asl.json")
}
