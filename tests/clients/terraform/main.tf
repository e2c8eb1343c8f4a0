# A queue with a dead-letter queue and a policy; a role with an inline and a managed policy.
terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

variable "endpoint" {
  type = string
}

variable "visibility" {
  type    = number
  default = 30
}

provider "aws" {
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true

  endpoints {
    iam = var.endpoint
    sqs = var.endpoint
    sts = var.endpoint
  }
}

data "aws_caller_identity" "me" {}

resource "aws_sqs_queue" "dead" {
  name                      = "tf-dead"
  message_retention_seconds = 1209600
}

resource "aws_sqs_queue" "work" {
  name                       = "tf-work"
  visibility_timeout_seconds = var.visibility
  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead.arn
    maxReceiveCount     = 3
  })
  # Within the queue, because the provider waits 25 seconds for each resource of a queue.
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "Neighbours"
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::222222222222:root" }
      Action    = "sqs:SendMessage"
      Resource  = "arn:aws:sqs:eu-west-1:${data.aws_caller_identity.me.account_id}:tf-work"
    }]
  })
  tags = {
    team = "parcels"
  }
}

resource "aws_iam_role" "worker" {
  name        = "tf-worker"
  description = "works for ${var.visibility} seconds at a time"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "lambda.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
  tags = {
    team = "parcels"
  }
}

resource "aws_iam_policy" "work" {
  name = "tf-work"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
      Resource = aws_sqs_queue.work.arn
    }]
  })
}

resource "aws_iam_role_policy_attachment" "work" {
  role       = aws_iam_role.worker.name
  policy_arn = aws_iam_policy.work.arn
}

resource "aws_iam_role_policy_attachment" "logs" {
  role       = aws_iam_role.worker.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
}

output "account" {
  value = data.aws_caller_identity.me.account_id
}
