resource "aws_iam_role" "workflow" {
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "states.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

data "aws_iam_policy_document" "orders" {
  statement {
    not_actions = ["lambda:DeleteFunction"]
    resources   = ["arn:aws:lambda:eu-west-1:123456789012:function:pay"]
  }
}

resource "aws_iam_role_policy" "orders" {
  role   = aws_iam_role.workflow.id
  policy = data.aws_iam_policy_document.orders.json
}
